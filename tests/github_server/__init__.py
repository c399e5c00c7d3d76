"""A server on the loopback that speaks as GitHub does."""

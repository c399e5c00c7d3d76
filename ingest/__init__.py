"""From bytes to trusted tables: sources, contracts, checks, attribution and the store."""

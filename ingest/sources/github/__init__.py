"""Pull requests, checks and alerts of GitHub, read live and kept current."""

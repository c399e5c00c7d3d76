"""Statistical methods, one per function, each with its source and worked numbers."""

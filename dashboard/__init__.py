"""The faces (command line, pages) and the one place where ingest and metrics are joined."""

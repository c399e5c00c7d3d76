"""What the history of repositories tells: bare mirrors, what landed, where lines come from."""

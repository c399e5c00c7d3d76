"""May this pilot expand? Policy, criteria and the verdict."""

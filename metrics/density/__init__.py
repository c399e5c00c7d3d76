"""Vulnerabilities per thousand lines of code: the changes, their rates, agents against people."""

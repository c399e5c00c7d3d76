"""Logs of detectors, labels and draws."""

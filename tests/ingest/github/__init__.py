"""Tests of the live GitHub source."""

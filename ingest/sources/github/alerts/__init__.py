"""Alerts, what of them may be read, and bypassed rules: asked by REST, kept, and made rows."""

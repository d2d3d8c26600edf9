"""Verify: a finished PDF is opened again, and its words, fonts and pages are audited."""

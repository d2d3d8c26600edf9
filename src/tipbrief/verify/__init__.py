"""Verify: reopen a finished PDF and audit its words, fonts and pages."""

"""The shelf of prepared fonts, and their preparation."""

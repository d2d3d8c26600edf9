"""Translations of a publication: its texts, their PO files, and the translated publication."""

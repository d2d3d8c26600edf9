"""Compose: publication, brief and templates become one self-contained HTML text."""

"""Typeset: HTML becomes PDF bytes, on the pages that were promised."""

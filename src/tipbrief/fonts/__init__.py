"""Fonts: the library of prepared fonts, and how a font is prepared."""

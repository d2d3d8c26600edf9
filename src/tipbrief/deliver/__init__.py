"""Deliver: the output folder, its index, and the collection of all sheets."""

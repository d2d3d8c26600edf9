"""Deliver: the folder of outputs, its index, and the PDF of all sheets."""

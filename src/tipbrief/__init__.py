"""tipbrief: from a small, sourced dataset to a print-ready fact sheet, in each of its languages."""

__version__ = "0.1.0"

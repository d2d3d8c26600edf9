"""tipbrief: from a small, sourced dataset to a print-ready fact sheet in Dari."""

__version__ = "0.1.0"

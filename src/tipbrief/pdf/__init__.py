"""The parts of a PDF: its tags, its spoken text, what it claims and carries."""

"""Export: what documents say as text, and the data of a publication, for other programs."""

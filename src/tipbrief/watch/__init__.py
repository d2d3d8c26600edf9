"""Watch: the pages of a publication while its files are edited, and where on them each value stands."""

"""Check: a folder becomes a Publication, or the list of all its problems."""

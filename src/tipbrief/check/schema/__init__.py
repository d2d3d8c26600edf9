"""The schemas of a publication's files, for editors and for the reference."""

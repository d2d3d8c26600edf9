"""A value corrected in its one place."""

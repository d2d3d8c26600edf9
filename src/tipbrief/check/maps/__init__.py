"""The shapes of maps: read, simplified, and known by the keys of a table."""

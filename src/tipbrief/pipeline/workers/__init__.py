"""Worker processes, on this computer or on a cluster."""

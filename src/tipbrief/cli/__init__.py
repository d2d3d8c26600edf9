"""The commands: only here something is printed, the program ends, and the clock is read."""

"""Load: text files, YAML and CSV become values that remember line and column."""

"""What a language writes: letters, digits, dates, the rules of its spelling, and the program's own words."""

"""What a language writes: letters, digits, dates, and the rules of its spelling."""

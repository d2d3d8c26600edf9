"""Site: static pages that say whether a print is current, and what was corrected."""

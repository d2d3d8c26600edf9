"""The site: static pages that say of each print whether it is current."""

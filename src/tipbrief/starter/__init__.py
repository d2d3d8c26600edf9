"""A publication to begin with: small, sound, and full of comments that teach."""

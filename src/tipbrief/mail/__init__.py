"""The e-mail with a brief, and its sending."""

"""Mail: the e-mail with a brief, its recipients and its sending."""

"""Handouts: sheets to fold and pictures to send, made from a finished PDF."""

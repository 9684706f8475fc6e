"""Tokens, keys and cursors against those who would forge them. Needs no database."""

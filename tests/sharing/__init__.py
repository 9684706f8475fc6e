"""Others in one's sessions."""

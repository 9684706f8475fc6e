"""Programs for those who work on the service; none of them is shipped."""

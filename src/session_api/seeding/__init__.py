"""Demo workspaces, made through the service's own HTTP routes so that they obey all its rules.

Only the command line uses it.
"""

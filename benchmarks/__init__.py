"""How near the running service comes to what PostgreSQL and one Python process can give.

A load generator asks the service and its floor for the same things, in turn, on the same rows; the
floor is a bare ASGI function that runs the service's own statements. Only ratios of one run count:
`make bench`. Nothing in `session_api` knows of this package.
"""

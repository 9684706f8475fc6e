"""Hostile requests in great number, against the service as a process.

`python -m tests.fuzz --requests 100000` runs it for long; the suite runs a few thousand. What is
sent follows from the seed alone, which is always printed.
"""

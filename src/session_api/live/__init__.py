"""What is live: what changed in a session since a version, and hearing of it as it happens.

The version log is the truth: whatever wakes a listener, what it is told is read from there. All of
it is for reading alone; changes are made where the things are, through the journal.
"""

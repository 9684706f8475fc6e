"""Files of a session: announced, brought to the store, checked and read.

A row comes before its bytes and goes with them; only ready files are part of a workspace. Whatever
adds a file to a session writes the session's row. The sessions package asks for how they read.
"""

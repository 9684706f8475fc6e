"""The chat of a session: its messages, in order, and the answers still being written.

A message's `seq` is given under the session's lock, so a chat has no gap and no repeat, and what
was sent comes back exactly as it was. The chat router calls the service; the sessions service
asks it for the chat's part of a session and to stop what nobody writes any longer.
"""

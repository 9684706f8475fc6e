"""Missions: pieces of work with hops and tool steps, linked to at most one session each.

What belongs to a linked mission belongs to the session: it changes under the session's lock, moves
its version, and takes no writes while the session is not active. The missions router calls the
service; sessions link missions, and stop their steps, through `MissionLinks`.
"""

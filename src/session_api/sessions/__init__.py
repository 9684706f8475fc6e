"""Sessions: a person's workspaces, their lifecycle, and bringing all of one back in one request.

A session belongs to one owner and changes one version at a time; its metadata is encrypted at
rest, and one bad part never costs the rest. The sessions router and the lifecycle jobs call it;
it asks chat and missions for their parts, never the other way round.
"""

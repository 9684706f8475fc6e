"""Answers that are being written: they live on the server, and grow by offset.

The chat router calls the service; a session that leaves `active` has them stopped, through the
links of the chat.
"""

from session_api.chat.growth.service import GrowthService

__all__ = ["GrowthService"]

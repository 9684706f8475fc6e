"""Which role in a session an operation on it asks for: one line an operation.

The matrix of tests/sharing holds every line against the service, and docs/access.md shows them. An
operation on a session or a mission that has no line here fails the tests: say who may call it.
"""

from collections.abc import Mapping

from session_api.security.caller import Role
from tests.support.operations import Operation

LOWEST: Mapping[str, Role] = {
    # The session
    "get_session": "viewer",
    "update_session": "editor",
    "merge_session": "editor",
    "touch_session": "editor",
    "link_mission": "owner",
    "complete_session": "owner",
    "archive_session": "owner",
    "resume_session": "owner",
    "delete_session": "owner",
    "create_handoff": "owner",
    # Its chat
    "append_messages": "editor",
    "list_messages": "viewer",
    "get_message": "viewer",
    "update_message": "editor",
    "delete_message": "editor",
    "append_to_message": "editor",
    # The turn in it
    "take_turn": "editor",
    "renew_turn": "editor",
    "get_turn": "viewer",
    "release_turn": "editor",
    "stop_turn": "editor",
    # Its mission
    "get_mission": "viewer",
    "update_mission": "editor",
    "delete_mission": "owner",
    "add_hop": "editor",
    "update_hop": "editor",
    "delete_hop": "editor",
    "add_tool_step": "editor",
    "update_tool_step": "editor",
    "delete_tool_step": "editor",
    # Its files
    "announce_asset": "editor",
    "upload_asset": "editor",
    "list_assets": "viewer",
    "get_asset": "viewer",
    "get_asset_content": "viewer",
    "get_asset_parts": "editor",
    "complete_asset": "editor",
    "delete_asset": "editor",
    # Live sync
    "list_changes": "viewer",
    "follow_session": "viewer",
    # Its shares
    "list_shares": "owner",
    "create_share": "owner",
    "update_share": "owner",
    "delete_share": "owner",
}

OF_ONES_OWN = {"leave_session"}
"""About what the caller was given, whoever's it is; no role is asked for."""


def about_a_session(operation: Operation) -> bool:
    """Whether its path names a session, or the mission of one."""
    return not {"session_id", "mission_id"}.isdisjoint(operation.path_ids)

"""The hot statements: those that a person waits for, and those that look through everybody's rows.

The SQL is the service's own, imported. Each says which indexes it may use, and has cases: what it
is asked in a town (`benchmarks.town`). The order is that of a person's day.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Select, Update, make_url, select, update

from benchmarks.town import NOW, Workspace
from session_api.assets.announcing_repository import _ANNOUNCE
from session_api.audit.recording_repository import NewEvent, as_json
from session_api.audit.repository import _PAGE as _AUDIT
from session_api.chat.appending_repository import _APPEND
from session_api.chat.growth.repository import _GROW
from session_api.chat.reads import _ONE as _MESSAGE
from session_api.chat.reads import _PAGE as _MESSAGES
from session_api.chat.repository import _ADD, _ASSETS, _FIND
from session_api.json_text import encode_json
from session_api.live.changes.reads import SINCE
from session_api.live.changes.repository import _LOOK, _TRIM
from session_api.missions.reads import _LIST as _MISSIONS
from session_api.missions.reads import ONE as _MISSION
from session_api.missions.repository import _SHOW_HOP, _SHOW_STEP, WorkPath
from session_api.security.caller import Origin
from session_api.sessions.creating_repository import _CREATE
from session_api.sessions.reads import (
    _ACTIVE,
    _RECOVER,
    _TOUCH,
    _VERSION,
    ALL_PARTS,
    NO_PARTS,
    one_statement,
)
from session_api.sessions.reads import _LIST as _SESSIONS
from session_api.sessions.repository import _IDLE
from session_api.sessions.saving_repository import _LEAVE, _SAVE
from session_api.sessions.saving_repository import _LOOK as _LOOK_BEFORE_SAVING
from session_api.sync.fanout.repository import UNLIKE
from session_api.sync.journal import _ADVANCE, _ADVANCE_GROWING, _LOCK

Arguments = Callable[[Workspace], tuple[Any, ...]]


@dataclass(frozen=True)
class Statement:
    """A statement, what for and where from it is run, and what it rests on.

    `indexes` has all tables that it looks into, each with the indexes that may serve; `parameters`
    are the names of $1, $2, …
    """

    name: str
    purpose: str
    route: str
    round_trips: str
    sql: str
    parameters: tuple[str, ...]
    indexes: Mapping[str, tuple[str, ...]]
    cases: Mapping[str, Arguments]


_TOUCH_AFTER = timedelta(seconds=5)
_SHOWN = 50
_BIGGEST = 2**63 - 1
_LONG_AGO = NOW - timedelta(days=300)

_SESSION_ALONE = {
    "user_sessions": ("pk_user_sessions",),
    "users": ("pk_users",),
    "chats": ("uq_chats_owner_id_session_id",),
    # Both begin with owner and session; the second is there for what assets refer to.
    "missions": ("uq_missions_owner_id_session_id", "uq_missions_owner_id_session_id_id"),
}
_SAVED_SESSION = {
    **_SESSION_ALONE,
    "user_sessions": ("pk_user_sessions", "ix_user_sessions_active"),
}
_MISSION_PARTS = {
    "hops": ("uq_hops_owner_id_mission_id_seq",),
    "tool_steps": ("uq_tool_steps_owner_id_mission_id_hop_id_seq",),
}
_WHOLE_SESSION = {
    **_SESSION_ALONE,
    "chat_messages": ("ix_chat_messages_seq",),
    **_MISSION_PARTS,
    "assets": ("pk_assets",),
}
_ACTIVE_SESSION = {
    **_WHOLE_SESSION,
    "user_sessions": ("ix_user_sessions_active", "pk_user_sessions"),
}
_MESSAGE_BY_ID = {
    "chats": ("uq_chats_owner_id_session_id",),
    "chat_messages": ("pk_chat_messages",),
}
# Both begin with what a row hangs on. PostgreSQL mostly takes the one by seq, which is narrower,
# and looks through all that hangs there: few hops of a mission, few tool steps of a hop.
_HOP_BY_ID = {"hops": ("pk_hops", "uq_hops_owner_id_mission_id_seq")}
_STEP_BY_ID = {"tool_steps": ("pk_tool_steps", "uq_tool_steps_owner_id_mission_id_hop_id_seq")}
_MESSAGE_ID = UUID("01a1fd1e-8c00-7a45-a130-6aa6a2be8fd8")

_NOT_THERE = [uuid5(_MESSAGE_ID, str(number)) for number in range(9_999)]


def _sent(count: int, *, parent: UUID | None = None) -> str:
    """As many new messages, as `ChatRepository.add` hands them to the statement."""
    return encode_json(
        [
            {
                "place": place,
                "id": str(UUID(int=_MESSAGE_ID.int + place)),
                "role": "user",
                "content": "Which day is the museum free?",
                "text_length": 29,
                "metadata": {},
                "asset_ids": [],
                "parent_id": None if parent is None else str(parent),
                "status": "complete",
                "fingerprint_hex": "00" * 32,
            }
            for place in range(count)
        ]
    )


def told_of_a_message(
    owner_id: UUID, session_id: UUID, message_id: UUID = _MESSAGE_ID, at: datetime = NOW
) -> str:
    """The audit event of one, as `AuditService` writes it; its id is the message's."""
    origin = Origin("person 1", "request 1", "127.0.0.1", "a browser")
    data = {"message_ids": [str(message_id)]}
    event = NewEvent(
        *(owner_id, message_id, "town", at, "message.created", "info", origin, session_id, data)
    )
    return as_json([event])


_CREATED = encode_json(
    [
        {
            "place": 1,
            "kind": "message.created",
            "entity": "message",
            "entity_id": str(_MESSAGE_ID),
            "data": None,
        }
    ]
)


def _as_sent(statement: Select[Any] | Update) -> str:
    """A statement that SQLAlchemy builds, as the driver gets it."""
    dialect = make_url("postgresql+asyncpg://").get_dialect()
    return str(statement.compile(dialect=dialect()))


_HOP_PATCHED = "BEGIN, look, 2 locks, find, change, touch mission, advance, show, COMMIT"
_STEP_PATCHED = _HOP_PATCHED.replace("find", "2 finds")

# What `MissionRepository` builds of a path; tests/http/test_statements.py holds them to it.
_HOP, _STEP = WorkPath(_MESSAGE_ID, _MESSAGE_ID), WorkPath(*[_MESSAGE_ID] * 3)
_FIND_HOP, _FIND_STEP = (
    _as_sent(select(path.table).where(*path.where(_MESSAGE_ID))) for path in (_HOP, _STEP)
)
_CHANGE_HOP, _CHANGE_STEP = (
    _as_sent(update(path.table).where(*path.where(_MESSAGE_ID)).values(updated_at=NOW, **values))
    for path, values in (
        (_HOP, {"status": "failed"}),
        (_STEP, {"status": "failed", "finished_at": NOW}),
    )
)

HOT = (
    Statement(
        name="Recover a session",
        purpose="Sign-in, a reload, another device: the session that the browser remembers or else "
        "the latest active one, whole, and a touch of its activity.",
        route="`POST /api/sessions/recover`",
        round_trips="1",
        sql=_RECOVER,
        parameters=("owner", "now", "least time between two touches", "messages", "session"),
        indexes=_ACTIVE_SESSION,
        cases={
            "the session asked for": lambda at: (
                *(at.owner_id, NOW, _TOUCH_AFTER, _SHOWN, at.session_id),
            ),
            "none asked for": lambda at: (at.owner_id, NOW, _TOUCH_AFTER, _SHOWN, None),
        },
    ),
    Statement(
        name="The active session",
        purpose="The latest active session, whole, and a touch of its activity.",
        route="`GET /api/sessions/active`",
        round_trips="1",
        sql=_ACTIVE,
        parameters=("owner", "now", "least time between two touches", "messages"),
        indexes=_ACTIVE_SESSION,
        cases={
            "the latest": lambda at: (at.owner_id, NOW, _TOUCH_AFTER, _SHOWN),
        },
    ),
    Statement(
        name="One session, whole",
        purpose="A session with its chat's latest messages, its mission and its assets.",
        route="`GET /api/sessions/{session_id}`",
        round_trips="1",
        sql=one_statement(ALL_PARTS),
        parameters=("owner", "session", "messages"),
        indexes=_WHOLE_SESSION,
        cases={"all parts": lambda at: (at.owner_id, at.session_id, _SHOWN)},
    ),
    Statement(
        name="One session, alone",
        purpose="A session's own fields, with `include=` empty; writes answer with it, too.",
        route="`GET /api/sessions/{session_id}`",
        round_trips="1",
        sql=one_statement(NO_PARTS),
        parameters=("owner", "session", "messages, here none"),
        indexes=_SESSION_ALONE,
        cases={"no parts": lambda at: (at.owner_id, at.session_id, 0)},
    ),
    Statement(
        name="The version of a session",
        purpose="First where the browser sends `If-None-Match`: of a version that it has, nothing "
        "more is asked.",
        route="`GET /api/sessions/{session_id}`",
        round_trips="1, or 2 where it has changed: version, session",
        sql=_VERSION,
        parameters=("owner", "session"),
        indexes={"user_sessions": ("pk_user_sessions",)},
        cases={"whatever it is": lambda at: (at.owner_id, at.session_id)},
    ),
    Statement(
        name="Activity",
        purpose="The person is there. It writes once in 5 seconds at most, and only what no index "
        "holds.",
        route="`POST /api/sessions/{session_id}/activity`",
        round_trips="1",
        sql=_TOUCH,
        parameters=("owner", "session", "now", "least time between two touches"),
        indexes={"user_sessions": ("pk_user_sessions", "ix_user_sessions_active")},
        cases={
            "within its interval": lambda at: (
                *(at.owner_id, at.session_id, NOW - timedelta(days=1), _TOUCH_AFTER),
            ),
            "due": lambda at: (
                *(at.owner_id, at.session_id, NOW + timedelta(hours=6), _TOUCH_AFTER),
            ),
        },
    ),
    Statement(
        name="List sessions",
        purpose="A page of the person's sessions, latest activity first. No index has that order, "
        "for then every touch would have to change it: the rows of one owner are sorted, and JSON "
        "is built only of those on the page.",
        route="`GET /api/sessions/`",
        round_trips="1",
        sql=_SESSIONS,
        parameters=("owner", "statuses", "pattern", "after: time", "after: id", "limit"),
        indexes={**_SESSION_ALONE, "assets": ("pk_assets",)},
        cases={
            "first page": lambda at: (at.owner_id, None, None, None, None, 21),
            "a later page": lambda at: (
                *(at.owner_id, ["completed"], "%trip%", _LONG_AGO, at.session_id, 21),
            ),
        },
    ),
    Statement(
        name="A page of messages",
        purpose="Scrolling in a chat, in either direction from any place.",
        route="`GET /api/sessions/{session_id}/messages`",
        round_trips="1",
        sql=_MESSAGES,
        parameters=("owner", "session", "before: seq", "after: seq", "limit"),
        indexes={
            "chats": ("uq_chats_owner_id_session_id",),
            "chat_messages": ("ix_chat_messages_seq",),
        },
        cases={
            "the latest": lambda at: (at.owner_id, at.session_id, _BIGGEST, None, 20),
            "before the middle": lambda at: (
                *(at.owner_id, at.session_id, at.messages // 2, None, 20),
            ),
            "after the middle": lambda at: (
                *(at.owner_id, at.session_id, _BIGGEST, at.messages // 2, 20),
            ),
        },
    ),
    Statement(
        name="What changed",
        purpose="Catching up: the log after a version, each thing as it is now. The streams ask "
        "so, too, with how much of growing messages they have sent.",
        route="`GET /api/sessions/{session_id}/changes`",
        round_trips="1",
        sql=SINCE,
        parameters=(
            *("owner", "session", "since", "limit", "limit in bytes"),
            *("growing messages", "how much of them is known"),
        ),
        indexes={
            **_SESSION_ALONE,
            **_MISSION_PARTS,
            "hops": ("pk_hops", "uq_hops_owner_id_mission_id_seq"),
            "tool_steps": ("pk_tool_steps", "uq_tool_steps_owner_id_mission_id_hop_id_seq"),
            "session_changes": ("pk_session_changes",),
            "chat_messages": ("pk_chat_messages",),
            "assets": ("pk_assets",),
        },
        cases={
            "nothing new": lambda at: (
                *(at.owner_id, at.session_id, at.version, 40, _BIGGEST, [], []),
            ),
            "the latest": lambda at: (
                *(at.owner_id, at.session_id, at.version - 40, 40, _BIGGEST),
                *([at.growing_id], [at.growing_length]),
            ),
            "from the beginning": lambda at: (
                *(at.owner_id, at.session_id, 0, 40, _BIGGEST, [], []),
            ),
        },
    ),
    Statement(
        name="One message",
        purpose="A message by its id, such as an answer that is being written.",
        route="`GET /api/sessions/{session_id}/messages/{message_id}`",
        round_trips="1",
        sql=_MESSAGE,
        parameters=("owner", "session", "message"),
        indexes=_MESSAGE_BY_ID,
        cases={"the last": lambda at: (at.owner_id, at.session_id, at.growing_id)},
    ),
    Statement(
        name="Create a session",
        purpose="The session, its chat, its first version and the trail of it, and its owner where "
        "nobody has seen them before. With an id of the client's, that nobody shares it comes "
        "after it.",
        route="`POST /api/sessions/`",
        round_trips="1, its own transaction; with an id of 4: BEGIN, create, claimed, COMMIT",
        sql=_CREATE,
        parameters=(
            *("owner", "session", "tenant", "issuer", "subject", "name", "metadata"),
            *("fingerprint", "chat", "now", "actor", "audit event", "what the log says"),
        ),
        indexes={"missions": _SESSION_ALONE["missions"]},
        cases={
            "of a person who has others": lambda at: (
                *(at.owner_id, _MESSAGE_ID, "town", "town", "person 1", "Trip", b"m" * 100),
                *(b"f" * 61, _MESSAGE_ID, NOW, "person 1"),
                *(told_of_a_message(at.owner_id, _MESSAGE_ID), "{}"),
            ),
        },
    ),
    Statement(
        name="Look before saving",
        purpose="A session's own fields and its version, under no lock.",
        route="`PUT` and `PATCH /api/sessions/{session_id}`",
        round_trips="1 of 2: look, save",
        sql=_LOOK_BEFORE_SAVING,
        parameters=("owner", "session"),
        indexes={"user_sessions": ("pk_user_sessions",)},
        cases={"whatever it is": lambda at: (at.owner_id, at.session_id)},
    ),
    Statement(
        name="Save a session",
        purpose="Writes the fields where nothing has changed since the look, logs it, and answers "
        "the session.",
        route="`PUT` and `PATCH /api/sessions/{session_id}`",
        round_trips="1 of 2: look, save",
        sql=_SAVE,
        parameters=(
            *("owner", "session", "version seen", "now", "actor", "audit event"),
            *("whether the name changes", "name", "metadata"),
        ),
        indexes=_SAVED_SESSION,
        cases={
            "nothing came in between": lambda at: (
                *(at.owner_id, at.session_id, at.version, NOW, "person 1"),
                *(told_of_a_message(at.owner_id, at.session_id), True, "Trip", b"m" * 100),
            ),
        },
    ),
    Statement(
        name="Save what is there",
        purpose="An autosave of what is there already is activity and nothing else.",
        route="`PUT` and `PATCH /api/sessions/{session_id}`",
        round_trips="1 of 2: look, leave",
        sql=_LEAVE,
        parameters=("owner", "session", "version seen", "now"),
        indexes=_SAVED_SESSION,
        cases={
            "nothing came in between": lambda at: (*(at.owner_id, at.session_id, at.version, NOW),),
        },
    ),
    Statement(
        name="Append messages at once",
        purpose="Locks, adds, logs and advances, where nothing stands in the way: else it changes "
        "nothing, and the statements after it find out what it is.",
        route="`POST /api/sessions/{session_id}/messages`",
        round_trips="1, its own transaction",
        sql=_APPEND,
        parameters=(
            *("owner", "session", "messages", "now", "actor", "audit event"),
            "whether a turn stands in the way",
        ),
        indexes={
            **_MESSAGE_BY_ID,
            "user_sessions": ("pk_user_sessions",),
        },
        cases={
            "one": lambda at: (
                *(at.owner_id, at.session_id, _sent(1), NOW, "person 1"),
                *(told_of_a_message(at.owner_id, at.session_id), False),
            ),
            "a hundred": lambda at: (
                *(at.owner_id, at.session_id, _sent(100), NOW, "person 1"),
                *(told_of_a_message(at.owner_id, at.session_id), False),
            ),
        },
    ),
    Statement(
        name="Lock a session",
        purpose="First of every other change: orders the writers of one session, and tells its "
        "versions.",
        route="`POST /api/sessions/{session_id}/messages`",
        round_trips="1 of 5: BEGIN, lock, add, advance, COMMIT",
        sql=_LOCK,
        parameters=("owner", "session"),
        indexes={"user_sessions": ("pk_user_sessions",)},
        cases={"free": lambda at: (at.owner_id, at.session_id)},
    ),
    Statement(
        name="Find attachments",
        purpose="Which of the assets that messages name are there, for all messages of a request; "
        "not run where they name none.",
        route="`POST /api/sessions/{session_id}/messages`",
        round_trips="1 of 6: BEGIN, lock, find, add, advance, COMMIT",
        sql=_ASSETS,
        parameters=("owner", "session", "assets"),
        indexes={"assets": ("pk_assets",)},
        cases={
            "one": lambda at: (at.owner_id, at.session_id, [at.asset_id]),
            "ten thousand, most of them not there": lambda at: (
                *(at.owner_id, at.session_id, [at.asset_id, *_NOT_THERE]),
            ),
        },
    ),
    Statement(
        name="Append messages",
        purpose="Adds those of the messages that are not there yet, and answers them all.",
        route="`POST /api/sessions/{session_id}/messages`",
        round_trips="1 of 5: BEGIN, lock, add, advance, COMMIT",
        sql=_ADD,
        parameters=("owner", "session", "messages", "after seq", "after version", "now"),
        indexes=_MESSAGE_BY_ID,
        cases={
            "one": lambda at: (
                *(at.owner_id, at.session_id, _sent(1), at.messages, at.version, NOW),
            ),
            "ten that name a parent": lambda at: (
                *(at.owner_id, at.session_id, _sent(10, parent=at.growing_id)),
                *(at.messages, at.version, NOW),
            ),
            "a hundred": lambda at: (
                *(at.owner_id, at.session_id, _sent(100), at.messages, at.version, NOW),
            ),
        },
    ),
    Statement(
        name="Advance a session",
        purpose="Last of every change: the next version, and its row in the version log.",
        route="`POST /api/sessions/{session_id}/messages`",
        round_trips="1 of 5: BEGIN, lock, add, advance, COMMIT",
        sql=_ADVANCE,
        parameters=(
            *("owner", "session", "version", "now", "actor", "changes", "number of changes"),
            *("chat's version", "messages added", "messages more", "whether it is activity"),
            "audit events",
        ),
        indexes={"user_sessions": ("pk_user_sessions",)},
        cases={
            "a message": lambda at: (
                *(at.owner_id, at.session_id, at.version, NOW, "person 1", _CREATED, 1),
                *(at.version + 1, 1, 1, True, told_of_a_message(at.owner_id, at.session_id)),
            ),
        },
    ),
    Statement(
        name="Grow a message",
        purpose="An answer as it is being written, by offset.",
        route="`POST /api/sessions/{session_id}/messages/{message_id}/append`",
        round_trips="1 of 5: BEGIN, lock, grow, advance, COMMIT",
        sql=_GROW,
        parameters=(
            *("owner", "session", "message", "offset", "text", "length of the text"),
            *("version", "limit in bytes"),
        ),
        indexes={
            **_MESSAGE_BY_ID,
            "chat_messages": ("pk_chat_messages", "ix_chat_messages_in_progress"),
        },
        cases={
            "at its end": lambda at: (
                *(at.owner_id, at.session_id, at.growing_id, at.growing_length, "On Monday", 9),
                *(at.version + 1, 1_000_000),
            ),
        },
    ),
    Statement(
        name="Advance a session whose message grows",
        purpose="The next version; the message's one row in the version log moves along.",
        route="`POST /api/sessions/{session_id}/messages/{message_id}/append`",
        round_trips="1 of 5: BEGIN, lock, grow, advance, COMMIT",
        sql=_ADVANCE_GROWING,
        parameters=("owner", "session", "version", "now", "actor", "logged in", "message"),
        indexes={
            "user_sessions": ("pk_user_sessions",),
            "session_changes": ("pk_session_changes",),
        },
        cases={
            "its row is the last": lambda at: (
                *(at.owner_id, at.session_id, at.version + 1, NOW, "person 1", at.version),
                at.growing_id,
            ),
        },
    ),
    Statement(
        name="Find messages to change",
        purpose="What an edit, a stop or a deletion must know of its message.",
        route="`PATCH /api/sessions/{session_id}/messages/{message_id}`",
        round_trips="1 of 6: BEGIN, lock, find, change, advance, COMMIT",
        sql=_FIND,
        parameters=("owner", "session", "messages", "with their content"),
        indexes=_MESSAGE_BY_ID,
        cases={
            "one": lambda at: (at.owner_id, at.session_id, [at.growing_id], True),
        },
    ),
    Statement(
        name="Announce a file",
        purpose="Its row, room for it on its owner's counters, and the trail of it, where the "
        "session is active and it fits: else it changes nothing, and the statements after it find "
        "out why. A file of a mission, and all files of a tenant with a quota, go the long way at "
        "once, which ends in this statement.",
        route="`POST /api/sessions/{session_id}/assets`",
        round_trips="1, its own transaction; else 4 to 9: BEGIN, lock, looks, announce, COMMIT",
        sql=_ANNOUNCE,
        parameters=(
            *("owner", "session", "file", "scope", "mission", "hop", "name", "type", "size"),
            *("SHA-256", "fingerprint", "key of its object", "size of parts", "now"),
            *("end of its ticket", "audit event", "files of a session, at most", "their bytes"),
            *("files of a user, at most", "their bytes"),
        ),
        indexes={
            "user_sessions": ("pk_user_sessions", "ix_user_sessions_active"),
            "assets": ("pk_assets",),
            "users": ("pk_users",),
        },
        cases={
            "a text": lambda at: (
                *(at.owner_id, at.session_id, _MESSAGE_ID, "session", None, None, "plan.txt"),
                *("text/plain", 11, None, b"f" * 32, f"town/{_MESSAGE_ID}", None, NOW, NOW),
                *(told_of_a_message(at.owner_id, at.session_id), 1000, None, None, None),
            ),
        },
    ),
    Statement(
        name="One mission",
        purpose="A mission with its hops and tool steps.",
        route="`GET /api/missions/{mission_id}`",
        round_trips="1",
        sql=_MISSION,
        parameters=("owner", "mission"),
        indexes={"missions": ("pk_missions",), **_MISSION_PARTS},
        cases={"of a session": lambda at: (at.owner_id, at.mission_id)},
    ),
    Statement(
        name="List missions",
        purpose="A page of the person's missions, newest first.",
        route="`GET /api/missions/`",
        round_trips="1",
        sql=_MISSIONS,
        parameters=("owner", "statuses", "after: time", "after: id", "limit"),
        indexes={"missions": ("ix_missions_created",), **_MISSION_PARTS},
        cases={
            "first page": lambda at: (at.owner_id, None, None, None, 21),
            "a later page": lambda at: (at.owner_id, None, _LONG_AGO, at.mission_id, 21),
        },
    ),
    Statement(
        name="Find a hop to change",
        purpose="A hop's row, when its mission is locked; a change of a tool step begins so, too.",
        route="`PATCH /api/missions/{mission_id}/hops/{hop_id}`",
        round_trips=f"1 of 10: {_HOP_PATCHED}",
        sql=_FIND_HOP,
        parameters=("owner", "mission", "hop"),
        indexes=_HOP_BY_ID,
        cases={"there": lambda at: (at.owner_id, at.mission_id, at.hop_id)},
    ),
    Statement(
        name="Change a hop",
        purpose="Writes what differs, here a status.",
        route="`PATCH /api/missions/{mission_id}/hops/{hop_id}`",
        round_trips=f"1 of 10: {_HOP_PATCHED}",
        sql=_CHANGE_HOP,
        parameters=("status", "now", "owner", "mission", "hop"),
        indexes=_HOP_BY_ID,
        cases={"its status": lambda at: ("failed", NOW, at.owner_id, at.mission_id, at.hop_id)},
    ),
    Statement(
        name="Show a hop",
        purpose="The answer to its change: the hop with its tool steps.",
        route="`PATCH /api/missions/{mission_id}/hops/{hop_id}`",
        round_trips=f"1 of 10: {_HOP_PATCHED}",
        sql=_SHOW_HOP,
        parameters=("owner", "mission", "hop"),
        indexes={**_MISSION_PARTS, **_HOP_BY_ID},
        cases={"there": lambda at: (at.owner_id, at.mission_id, at.hop_id)},
    ),
    Statement(
        name="Find a tool step to change",
        purpose="A tool step's row, when its mission is locked and its hop is found.",
        route="`PATCH /api/missions/{mission_id}/hops/{hop_id}/tool-steps/{step_id}`",
        round_trips=f"1 of 11: {_STEP_PATCHED}",
        sql=_FIND_STEP,
        parameters=("owner", "mission", "hop", "tool step"),
        indexes=_STEP_BY_ID,
        cases={"there": lambda at: (at.owner_id, at.mission_id, at.hop_id, at.step_id)},
    ),
    Statement(
        name="Change a tool step",
        purpose="Writes what differs, here a status that ends it.",
        route="`PATCH /api/missions/{mission_id}/hops/{hop_id}/tool-steps/{step_id}`",
        round_trips=f"1 of 11: {_STEP_PATCHED}",
        sql=_CHANGE_STEP,
        parameters=("status", "now", "finished at", "owner", "mission", "hop", "tool step"),
        indexes=_STEP_BY_ID,
        cases={
            "its status": lambda at: (
                *("failed", NOW, NOW, at.owner_id, at.mission_id, at.hop_id, at.step_id),
            ),
        },
    ),
    Statement(
        name="Show a tool step",
        purpose="The answer to its change.",
        route="`PATCH /api/missions/{mission_id}/hops/{hop_id}/tool-steps/{step_id}`",
        round_trips=f"1 of 11: {_STEP_PATCHED}",
        sql=_SHOW_STEP,
        parameters=("owner", "mission", "hop", "tool step"),
        indexes=_STEP_BY_ID,
        cases={"there": lambda at: (at.owner_id, at.mission_id, at.hop_id, at.step_id)},
    ),
    Statement(
        name="Audit trail",
        purpose="A page of what was done in the person's name, newest first.",
        route="`GET /api/audit`",
        round_trips="1",
        sql=_AUDIT,
        parameters=(
            *("owner", "event", "severity", "session", "since", "until"),
            *("after: time", "after: id", "limit"),
        ),
        indexes={"audit_events": ("ix_audit_events_at",)},
        cases={
            "first page": lambda at: (at.owner_id, *[None] * 7, 51),
            "a later page": lambda at: (*(at.owner_id, *[None] * 5, _LONG_AGO, at.session_id, 51),),
        },
    ),
    Statement(
        name="Sessions that moved",
        purpose="Which of the sessions that somebody follows are at another version than they have "
        "seen, or gone: nothing comes back of those that are not. One look into the primary key "
        "for each.",
        route="every process in which sessions are followed, each second",
        round_trips="1 for each 5,000 sessions",
        sql=UNLIKE,
        parameters=("owners", "sessions", "versions seen"),
        indexes={"user_sessions": ("pk_user_sessions",)},
        cases={
            "one that did not": lambda at: ([at.owner_id], [at.session_id], [at.version]),
            "500 that are gone": lambda at: ([at.owner_id] * 500, _NOT_THERE[:500], [1] * 500),
        },
    ),
    Statement(
        name="Idle sessions",
        purpose="What the job that abandons has to do. It reads every active session, as its "
        "activity stands in no index; those of the last day are few of all there are.",
        route="a job, each minute on one replica",
        round_trips="1 a batch",
        sql=_IDLE["active"],
        parameters=("idle since", "limit"),
        indexes={"user_sessions": ("ix_user_sessions_active",)},
        cases={"a day": lambda _: (NOW - timedelta(days=1), 100)},
    ),
    Statement(
        name="Abandoned sessions",
        purpose="What the job that archives has to do.",
        route="a job, each minute on one replica",
        round_trips="1 a batch",
        sql=_IDLE["abandoned"],
        parameters=("abandoned since", "limit"),
        indexes={"user_sessions": ("ix_user_sessions_abandoned",)},
        cases={"a week": lambda _: (NOW - timedelta(days=7), 100)},
    ),
    Statement(
        name="Logs with too much",
        purpose="What the job that trims has to do: it goes through all sessions, so many at a "
        "time. The log itself is asked only for sessions that are old enough.",
        route="a job, each hour on one replica",
        round_trips="1 of 3 for 5,000 sessions: BEGIN, look, COMMIT",
        sql=_LOOK,
        parameters=("after: owner", "after: id", "kept since", "kept number", "limit"),
        indexes={
            "user_sessions": ("pk_user_sessions",),
            "session_changes": ("pk_session_changes",),
        },
        cases={
            "a page": lambda at: (
                *(at.owner_id, UUID(int=0), NOW - timedelta(days=30), 10_000, 500),
            ),
        },
    ),
    Statement(
        name="Trim a log",
        purpose="The oldest changes of a session go, a batch at a time, and the session knows from "
        "where on it is whole.",
        route="a job, each hour on one replica",
        round_trips="1 of 4 a batch: BEGIN, lock, trim, COMMIT",
        sql=_TRIM,
        parameters=(
            *("owner", "session", "from", "kept since", "kept number", "limit"),
            "whether there may be too many",
        ),
        indexes={
            "user_sessions": ("pk_user_sessions",),
            "session_changes": ("pk_session_changes",),
        },
        cases={
            "of their age": lambda at: (*(at.owner_id, at.session_id, 0, NOW, 10_000, 40, False),),
        },
    ),
)

"""docs/data.md: each kind of data, where it is, how long and under which key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Table

from session_api.models import METADATA

PAGE = Path(__file__).parents[2] / "docs" / "data.md"


@dataclass(frozen=True)
class Kind:
    """One class of data. `columns` are `table.column`, or `column` in every table that has it."""

    name: str
    what: str
    key: str
    kept: str
    columns: tuple[str, ...]


_WITH_SESSION = "until its session is deleted"
_PLAIN = "none of ours: the database's disk encryption"

KINDS = (
    Kind(
        "Sealed",
        "`session_metadata` as apps keep it, and the fingerprint of the request that made a "
        "session",
        "AES-256-GCM under the first key of `SESSION_API_ENCRYPTION_KEYS`, bound to owner and "
        "session",
        _WITH_SESSION,
        ("user_sessions.metadata_ciphertext", "user_sessions.fingerprint_ciphertext"),
    ),
    Kind(
        "Content",
        "what people and agents said, made and named: messages, missions, tool inputs and outputs, "
        "names of sessions, files and agents' runs",
        _PLAIN,
        f"{_WITH_SESSION}, or by its own DELETE; missions without a session until theirs",
        (
            "user_sessions.name",
            "user_sessions.turn_holder",
            "chat_messages.content",
            "chat_messages.message_metadata",
            "missions.name",
            "missions.description",
            "missions.data",
            "hops.name",
            "hops.description",
            "hops.data",
            "tool_steps.name",
            "tool_steps.input",
            "tool_steps.output",
            "tool_steps.error",
            "assets.name",
            "assets.content_type",
            "assets.sha256",
        ),
    ),
    Kind(
        "Who",
        "the person as the token names them, and who did what",
        _PLAIN,
        "users and the audit trail stay when sessions go; the rest with its session, or with the "
        "guest",
        (
            "tenant_id",
            "users.issuer",
            "guests.merged_into",
            "users.subject",
            "audit_events.actor",
            "session_changes.actor",
            "session_shares.user_id",
            "user_sessions.turn_user_id",
        ),
    ),
    Kind(
        "Log",
        "what changed in a session, so that copies can follow: where a thing stood and why it "
        "went, never content",
        _PLAIN,
        f"{_WITH_SESSION}; for `SESSION_API_CHANGES_KEPT_FOR`, and of each session the newest "
        "`SESSION_API_CHANGES_KEPT`",
        ("session_changes.data",),
    ),
    Kind(
        "Trail",
        "the audit trail: what happened to what, never content",
        _PLAIN,
        "for good: the service never deletes it",
        (
            *("audit_events.event", "audit_events.severity", "audit_events.data"),
            *("audit_events.request_id", "audit_events.at"),
        ),
    ),
    Kind(
        "From where",
        "the address and the program that somebody came with, in the audit trail",
        _PLAIN,
        "for good, as the trail they stand in",
        ("audit_events.address", "audit_events.user_agent"),
    ),
    Kind(
        "Devices",
        "where somebody is signed in: families of programs and platforms, networks (/24, /48), and "
        "tokens by their SHA-256; and which tokens were signed out",
        _PLAIN,
        "devices by `SESSION_API_DEVICE_KEPT` after they were last seen; tokens and revocations "
        "until the tokens expire",
        (
            *("devices.agent", "devices.platform", "devices.mobile", "devices.address"),
            *("devices.first_seen_at", "devices.last_seen_at", "devices.signed_out_at"),
            *("device_tokens.token_hash", "revocations.value", "revocations.kind"),
            *("handoffs.code_hash", "handoffs.used_at", "handoffs.used_by"),
        ),
    ),
    Kind(
        "Sharing",
        "who reaches another's session, as what, and since when; links by the SHA-256 of their "
        "token alone",
        _PLAIN,
        f"until the share is ended or {_WITH_SESSION.removeprefix('until ')}",
        (
            *("session_shares.token_hash", "session_shares.role", "session_shares.max_uses"),
            *("session_shares.uses", "link_id", "host_id", "share_id", "shared_at"),
            "accessed_at",
        ),
    ),
    Kind(
        "Seals",
        "the hash chains over the audit trail; their signed heads stand beside the files",
        "SHA-256; heads are signed with Ed25519, by a key derived from the ring",
        "for good; of heads older than a day, the last of each day",
        (
            *("audit_seals.hash", "audit_seals.position", "event_id", "log_id"),
            *("head_position", "head_key"),
        ),
    ),
    Kind(
        "Places",
        "where a file's bytes are, and uploads under way; made by the service, never from names",
        _PLAIN,
        f"{_WITH_SESSION}; what is to be deleted, until the store has confirmed it",
        ("object_key", "upload_id", "assets.part_size", "object_deletions.attempts"),
    ),
    Kind(
        "Bookkeeping",
        "ids, order, versions, statuses, times, counts and fingerprints",
        _PLAIN,
        "with the row",
        (
            "owner_id",
            "id",
            "session_id",
            "chat_id",
            "mission_id",
            "hop_id",
            "entity_id",
            "parent_id",
            "asset_ids",
            "kind",
            "entity",
            "role",
            "scope",
            "status",
            "seq",
            "size",
            "version",
            "fields_version",
            "chat_version",
            "message_seq",
            "message_count",
            *("turn_id", "turn_number", "turn_version", "turn_seq", "turn_expires_at"),
            "changes_from",
            "text_length",
            "asset_count",
            "asset_bytes",
            "fingerprint",
            "at",
            "created_at",
            "updated_at",
            "edited_at",
            "ready_at",
            "expires_at",
            "checked_at",
            "lost_at",
            "due_at",
            "last_at",
            "last_activity_at",
            "completed_at",
            "abandoned_at",
            "archived_at",
            "started_at",
            "finished_at",
            "device_id",
            "made_at",
            "transaction_id",
            *("renewable_until", "merged_at", "guests.moved"),
            "job_leases.name",
            "job_leases.holder",
        ),
    ),
)

_HEAD = """\
# Data: what is kept, where, how long, under which key

Made from the tables; `make pages` writes this page, and a column that belongs to no kind fails the
tests.

| kind | what it is | key | kept |
| --- | --- | --- | --- |
"""

_BESIDE = """\

Beside the tables:

| what | where | key | kept |
| --- | --- | --- | --- |
| the bytes of files | the bucket or folder of `SESSION_API_STORAGE` | the store's own encryption; \
links are signed | until the asset or its session is deleted, then gone within 15 minutes |
| addresses and counts of rate limits | memory, or Redis | none | one window, a minute by default |
| who is in a session and who is typing | memory, and notifications of PostgreSQL or Redis | \
none | moments, never stored |
| logs | standard output | none | as long as whoever collects them says; never tokens, content or \
queries |
| tokens | nowhere: they are verified, and only a hash is remembered in memory | | |

A backup holds all of the tables. Metadata in it is readable with the key ring alone: keep the two
apart.
"""


def kinds_of(table: Table) -> Mapping[str, list[str]]:
    """By column, the kinds that claim it: by its full name, or else by its own."""
    found = {}
    for column in table.columns:
        full = f"{table.name}.{column.name}"
        exact = [kind.name for kind in KINDS if full in kind.columns]
        found[column.name] = exact or [k.name for k in KINDS if column.name in k.columns]
    return found


def unknown_names() -> set[str]:
    """What the kinds claim and no table has."""
    full = {f"{t.name}.{c.name}" for t in METADATA.sorted_tables for c in t.columns}
    known = full | {name.partition(".")[2] for name in full}
    return {name for kind in KINDS for name in kind.columns} - known


def page() -> str:
    """The whole page."""
    kinds = "".join(f"| {k.name} | {k.what} | {k.key} | {k.kept} |\n" for k in KINDS)
    return _HEAD + kinds + _BESIDE + "\n## Columns\n\n" + "".join(_rows())


def _rows() -> Iterable[str]:
    yield "| table | " + " | ".join(kind.name for kind in KINDS) + " |\n"
    yield "|" + " --- |" * (len(KINDS) + 1) + "\n"
    for table in METADATA.sorted_tables:
        kinds = kinds_of(table)
        cells = [
            ", ".join(f"`{name}`" for name, of in kinds.items() if of == [kind.name])
            for kind in KINDS
        ]
        yield f"| `{table.name}` | {' | '.join(cells)} |\n"

"""The sealed values of everybody's sessions, page by page in the order of the primary key.

The sizes of pages are written out: with a parameter in LIMIT, a generic plan expects a tenth of the
table and sorts all of it to find one page.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from session_api.database.engine import Database
from session_api.security.keyring import MAX_KID_CHARACTERS, NONCE_BYTES, TAG_BYTES
from session_api.sessions.metadata import SEALED_COLUMNS, SealedColumn

Key = tuple[UUID, UUID]
"""Owner and id of a session."""

BEFORE_ALL: Final[Key] = (UUID(int=0), UUID(int=0))

CENSUS_PAGE = 5_000
"""Sessions whose values are counted in one statement; it takes some 20 ms and no locks."""

# Only the first bytes of a value are looked at, also of one that is stored out of line; values that
# begin with $3 stay where they are. With null for $3 every value comes. The last row of the page
# always does, to tell where the next one begins.
_PAGE = """
    SELECT owner_id, id, place, is_last,
           CASE WHEN takes_metadata THEN metadata_ciphertext END AS metadata,
           CASE WHEN takes_fingerprint THEN fingerprint_ciphertext END AS fingerprint
      FROM (
           SELECT page.*,
                  coalesce(substring(metadata_ciphertext FROM 1 FOR length($3::bytea)) <> $3,
                           true) AS takes_metadata,
                  coalesce(substring(fingerprint_ciphertext FROM 1 FOR length($3::bytea)) <> $3,
                           true) AS takes_fingerprint,
                  row_number() OVER in_order AS place,
                  lead(id) OVER in_order IS NULL AS is_last
             FROM (
                  SELECT owner_id, id, metadata_ciphertext, fingerprint_ciphertext
                    FROM user_sessions
                   WHERE (owner_id, id) > ($1, $2)
                   ORDER BY owner_id, id
                   LIMIT {size}
                  ) AS page
           WINDOW in_order AS (ORDER BY owner_id, id)
           ) AS judged
     WHERE takes_metadata OR takes_fingerprint OR is_last
     ORDER BY owner_id, id
"""

# Compared and set: a value that was changed since it was read stays as it is, and a row that
# somebody holds is passed over. The rows are locked for no longer than this statement runs, and no
# index holds what it changes.
_REPLACE = """
      WITH held AS (
           SELECT fresh.*
             FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[])
                  AS fresh (owner_id, id, old_metadata, metadata, old_fingerprint, fingerprint)
             JOIN user_sessions s ON s.owner_id = fresh.owner_id AND s.id = fresh.id
            WHERE s.metadata_ciphertext = fresh.old_metadata
               OR s.fingerprint_ciphertext = fresh.old_fingerprint
              FOR NO KEY UPDATE OF s SKIP LOCKED
           )
    UPDATE user_sessions s
       SET metadata_ciphertext =
               CASE WHEN s.metadata_ciphertext = held.old_metadata THEN held.metadata
                    ELSE s.metadata_ciphertext END,
           fingerprint_ciphertext =
               CASE WHEN s.fingerprint_ciphertext = held.old_fingerprint THEN held.fingerprint
                    ELSE s.fingerprint_ciphertext END
      FROM held
     WHERE s.owner_id = held.owner_id AND s.id = held.id
    RETURNING coalesce(s.metadata_ciphertext = held.metadata, false)::int
              + coalesce(s.fingerprint_ciphertext = held.fingerprint, false)::int AS replaced
"""

# What `keyring.kid_of` says of a value, said by its first bytes; a test holds the two together.
# CASE, because only that is evaluated in its order: `get_byte` fails beyond the end.
_KID = f"""
           CASE WHEN length(head) < 2 THEN NULL
                WHEN get_byte(head, 0) <> 1 OR get_byte(head, 1) > {MAX_KID_CHARACTERS} THEN NULL
                WHEN bytes < 2 + get_byte(head, 1) + {NONCE_BYTES + TAG_BYTES} THEN NULL
                WHEN encode(substring(head FROM 3 FOR get_byte(head, 1)), 'escape')
                     !~ '^[A-Za-z0-9._-]+$' THEN NULL
                ELSE encode(substring(head FROM 3 FOR get_byte(head, 1)), 'escape')
           END
"""

_CENSUS = f"""
      WITH page AS MATERIALIZED (
           SELECT owner_id, id,
                  substring(metadata_ciphertext FROM 1 FOR {MAX_KID_CHARACTERS + 2}) AS head_m,
                  octet_length(metadata_ciphertext) AS bytes_m,
                  substring(fingerprint_ciphertext FROM 1 FOR {MAX_KID_CHARACTERS + 2}) AS head_f,
                  octet_length(fingerprint_ciphertext) AS bytes_f
             FROM user_sessions
            WHERE (owner_id, id) > ($1, $2)
            ORDER BY owner_id, id
            LIMIT {{size}}
           ), last AS (
           SELECT owner_id, id FROM page ORDER BY owner_id DESC, id DESC LIMIT 1
           ), counted AS (
           SELECT {_KID} AS kid, count(*) AS found
             FROM page, LATERAL (VALUES (head_m, bytes_m), (head_f, bytes_f)) AS value (head, bytes)
            GROUP BY 1
           )
    SELECT kid, found, (SELECT count(*) FROM page) AS sessions,
           last.owner_id AS last_owner_id, last.id AS last_id
      FROM counted, last
"""


def page_statement(size: int) -> str:
    """Reads the values of the next `size` sessions. $1, $2 the key before them, $3 a head."""
    return _PAGE.format(size=size)


def census_statement(size: int) -> str:
    """Counts the values of the next `size` sessions by key. $1, $2 the key before them."""
    return _CENSUS.format(size=size)


@dataclass(frozen=True, slots=True)
class SealedValue:
    """One encrypted value and where it stands."""

    owner_id: UUID
    session_id: UUID
    column: SealedColumn
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """So many sessions and those of their values that were asked for. `last` is where the next
    page begins; None where there is no other.
    """

    sessions: int
    values: tuple[SealedValue, ...] = ()
    last: Key | None = None


@dataclass(frozen=True, slots=True)
class CensusPage:
    """How many values of a page are under which key; under None what is no sealed value."""

    sessions: int
    found: dict[str | None, int]
    last: Key | None = None


class SealedValues:
    """Every owner's sealed values. For the command line alone; each method is one statement."""

    def __init__(
        self, database: Database, *, page_size: int, census_page_size: int = CENSUS_PAGE
    ) -> None:
        self._database = database
        self._size = page_size
        self._census_size = census_page_size
        self._page = page_statement(page_size)
        self._census = census_statement(census_page_size)

    async def page(self, after: Key, *, but: bytes | None) -> Page:
        """The values of the next sessions after a key, but for those that begin with `but`."""
        rows = await self._database.fetch_rows(self._page, *after, but)
        if not rows:
            return Page(sessions=0)
        values = [
            SealedValue(row["owner_id"], row["id"], column, row[column])
            for row in rows
            for column in SEALED_COLUMNS
            if row[column] is not None
        ]
        end = rows[-1]
        last = (end["owner_id"], end["id"]) if end["place"] == self._size else None
        return Page(end["place"], tuple(values), last)

    async def replace(self, renewed: Sequence[tuple[SealedValue, bytes]]) -> int:
        """Puts each value's new form in its place, and returns how many were replaced.

        Not those that changed since they were read, that are gone, or whose row is held.
        """
        by_row: defaultdict[Key, dict[SealedColumn, tuple[bytes, bytes]]] = defaultdict(dict)
        for value, fresh in renewed:
            by_row[value.owner_id, value.session_id][value.column] = (value.ciphertext, fresh)
        nothing = (None, None)
        rows = await self._database.fetch_rows(
            _REPLACE,
            [owner_id for owner_id, _ in by_row],
            [session_id for _, session_id in by_row],
            *(
                [values.get(column, nothing)[place] for values in by_row.values()]
                for column in SEALED_COLUMNS
                for place in (0, 1)
            ),
        )
        return sum(row["replaced"] for row in rows)

    async def census(self, after: Key) -> CensusPage:
        """The values of the next sessions after a key, counted by their keys' ids."""
        rows = await self._database.fetch_rows(self._census, *after)
        if not rows:
            return CensusPage(sessions=0, found={})
        sessions = rows[0]["sessions"]
        last = (rows[0]["last_owner_id"], rows[0]["last_id"])
        return CensusPage(
            sessions,
            {row["kid"]: row["found"] for row in rows},
            last if sessions == self._census_size else None,
        )

"""The sessions that clients share, and what can be told from an answer about one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.faults.history.records import Page, Shown
from tests.support.people import new_id

KEYS = ("k0", "k1", "k2", "k3")
"""Of the metadata; few, so that clients meet."""

STEP = "step"


@dataclass
class Space:
    """A session that several clients write to, and the latest version that any of them has seen."""

    id: str
    step_path: str
    version: int
    shared_by: int
    is_completed: bool = False
    removable: list[str] = field(default_factory=list)
    """Messages that were appended at the first attempt: nothing can bring them a second time."""

    @property
    def path(self) -> str:
        return f"/api/sessions/{self.id}"

    def notices(self, version: int) -> None:
        """Some client was told this version."""
        self.version = max(self.version, version)


class Texts:
    """What messages say: it follows from their id, so that any reader can tell what is wrong."""

    def __init__(self) -> None:
        self._growing: set[str] = set()

    def begin(self, message_id: str) -> None:
        """From now on its text is words, of which there are none yet."""
        self._growing.add(message_id)

    @staticmethod
    def said(message_id: str) -> str:
        return f"said {message_id}"

    @staticmethod
    def words(message_id: str, start: int, end: int) -> str:
        return "".join(f"{message_id[:4]}-{place} " for place in range(start, end))

    def read(self, message: Mapping[str, Any]) -> Shown:
        message_id, content = str(message["id"]), message["content"]
        words = 0
        if message_id in self._growing:
            words = content.count(" ")
            expected = self.words(message_id, 0, words)
        else:
            expected = self.said(message_id)
        return Shown(int(message["seq"]), message_id, words if content == expected else -1)


def registers_of(session: Mapping[str, Any], *, with_mission: bool) -> dict[str, str | None]:
    """The values that a session shows; one that is damaged shows what nobody has set."""
    metadata = session["session_metadata"] or {}
    shows: dict[str, str | None] = {key: metadata.get(key) for key in KEYS}
    shows["name"] = session["name"]
    if session["damaged"]:
        shows["damaged"] = str(session["damaged"])
    if with_mission and session["mission"] is not None:
        shows[STEP] = session["mission"]["hops"][0]["tool_steps"][0]["output"]
    return shows


def latest_messages(chat: Mapping[str, Any], texts: Texts) -> Page:
    """The end of a chat, as a session shows it."""
    shown = tuple(texts.read(message) for message in chat["messages"])
    return Page(shown, shown[0].seq if chat["has_more"] and shown else 0)


def page_of(page: Mapping[str, Any], texts: Texts, *, after: int | None) -> Page:
    """A page, forward from `after` or the latest."""
    shown = tuple(texts.read(message) for message in page["items"])
    if after is None:
        return Page(shown, shown[0].seq if page["has_more"] and shown else 0)
    return Page(shown, after + 1, shown[-1].seq if page["has_more"] and shown else None)


async def make_space(
    http: httpx.AsyncClient, headers: Mapping[str, str], *, shared_by: int
) -> Space:
    """A session with a mission of one step, before anything fails."""
    made = await http.post("/api/sessions/", json={}, headers=headers)
    session_id = made.json()["id"]
    mission = await http.post(
        "/api/missions/",
        json={
            "id": new_id(),
            "session_id": session_id,
            "name": "a mission",
            "hops": [{"name": "a hop", "tool_steps": [{"name": "a step"}]}],
        },
        headers=headers,
    )
    assert mission.status_code == 201, mission.text
    hop = mission.json()["hops"][0]
    step = f"/api/missions/{mission.json()['id']}/hops/{hop['id']}/tool-steps"
    read = await http.get(f"/api/sessions/{session_id}", headers=headers)
    return Space(
        session_id, f"{step}/{hop['tool_steps'][0]['id']}", read.json()["version"], shared_by
    )

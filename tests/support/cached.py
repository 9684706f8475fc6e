"""A client that keeps a copy of a workspace and brings it up to date from changes alone.

The rules it follows are those that docs/sync.md gives to every client; nothing here looks at the
server's present state but `reload`.
"""

import json
from typing import Any

from tests.support.people import Person

_PARTS = ("chat", "mission", "assets")
_LOST = "object_missing"


class CachedWorkspace:
    """A copy of a session with its whole chat, its mission and its files.

    `version` is the cursor: what the copy has been brought up to. `reloads` counts how often it had
    to be read anew because its changes were trimmed.
    """

    def __init__(self, person: Person, session_id: str) -> None:
        self._person = person
        self._path = f"/api/sessions/{session_id}"
        self.session_id = session_id
        self.tree: dict[str, Any] = {}
        self.version = 0
        self.reloads = 0

    async def reload(self) -> None:
        """Reads all of it."""
        self.tree = await whole_tree(self._person, self.session_id)
        self.version = self.tree["version"]

    async def catch_up(self, *, limit: int = 100, pages: int | None = None) -> list[int]:
        """Applies what changed, page by page, or that many pages; returns the versions applied."""
        applied: list[int] = []
        while pages is None or pages > 0:
            answer = await self._person.get(
                f"{self._path}/changes", params={"since": self.version, "limit": limit}
            )
            if answer.status_code == 410:
                assert answer.json()["code"] == "changes_gone"
                assert self.version < answer.json()["oldest_version"]
                self.reloads += 1
                await self.reload()
                return applied
            assert answer.status_code == 200, answer.text
            page = answer.json()
            for change in page["changes"]:
                self.apply(change)
                applied.append(change["version"])
            if not page["has_more"]:
                self.tree["version"] = self.version = page["version"]
                break
            pages = None if pages is None else pages - 1
        return applied

    def apply(self, change: dict[str, Any]) -> None:
        """One change, as it is listed or comes on a stream; each must follow the one before."""
        assert change["version"] > self.version, "a change came twice, or out of order"
        self.tree["version"] = self.version = change["version"]
        self.tree["updated_at"] = max(self.tree["updated_at"], change["at"])
        data = change["data"]
        match change["entity"]:
            case "session":
                self._session(data)
            case "message":
                self._message(change["kind"], data)
                self.tree["chat"]["message_count"] = change["message_count"]
            case "mission":
                self._mission(data)
            case "hop" | "tool_step":
                self._work(change)
            case "asset":
                self._asset(data)

    @property
    def comparable(self) -> str:
        """The copy as text, to hold against `comparable_tree`."""
        return comparable(self.tree)

    def _session(self, data: dict[str, Any]) -> None:
        lost = [part for part in self.tree["damaged"] if part["part"].startswith("assets/")]
        parts = {name: self.tree[name] for name in _PARTS}
        self.tree = {**data, **parts, "version": self.version}
        self.tree["damaged"] = data["damaged"] + lost

    def _message(self, kind: str, data: dict[str, Any]) -> None:
        chat = self.tree["chat"]
        if kind == "message.grown":
            message = next(each for each in chat["messages"] if each["id"] == data["id"])
            message["content"] = message["content"][: data["offset"]] + data["text"]
            assert len(message["content"]) == data["length"]
            return
        _put(chat["messages"], data, order=("seq",))

    def _mission(self, data: dict[str, Any]) -> None:
        if not _is_gone(data):
            self.tree["mission"], self.tree["mission_id"] = data, data["id"]
            return
        # Each by itself: a change of the session may have told of another mission, or of none.
        if self.tree["mission"] is not None and self.tree["mission"]["id"] == data["id"]:
            self.tree["mission"] = None
        if self.tree["mission_id"] == data["id"]:
            self.tree["mission_id"] = None

    def _work(self, change: dict[str, Any]) -> None:
        mission, data = self.tree["mission"], change["data"]
        if mission is None or mission["id"] != change["mission_id"]:
            return  # of a mission that went meanwhile
        mission["updated_at"] = change["at"]
        if change["entity"] == "hop":
            _put(mission["hops"], data, order=("seq",))
            return
        for hop in mission["hops"]:
            if hop["id"] == change["hop_id"]:
                _put(hop["tool_steps"], data, order=("seq",))

    def _asset(self, data: dict[str, Any]) -> None:
        damaged = {part["part"]: part for part in self.tree["damaged"]}
        part = f"assets/{data['id']}"
        damaged.pop(part, None)
        if data.get("reason") == _LOST:
            damaged[part] = {"part": part, "code": _LOST}
        self.tree["damaged"] = list(damaged.values())
        _put(self.tree["assets"], data, order=("created_at", "id"))


def _is_gone(data: dict[str, Any]) -> bool:
    return data.get("deleted") is True


def _put(things: list[dict[str, Any]], data: dict[str, Any], *, order: tuple[str, ...]) -> None:
    """Adds or replaces a thing of a list, or removes what is gone."""
    things[:] = [thing for thing in things if thing["id"] != data["id"]]
    if not _is_gone(data):
        things.append(data)
        things.sort(key=lambda thing: [thing[name] for name in order])


async def whole_tree(person: Person, session_id: str) -> dict[str, Any]:
    """A session with all its parts and every message of its chat, read together."""
    while True:
        tree = await person.sees(session_id, messages=200)
        chat = tree["chat"]
        while chat["next_before"] is not None:
            answer = await person.get(
                f"/api/sessions/{session_id}/messages",
                params={"before": chat["next_before"], "limit": 200},
            )
            page = answer.json()
            chat["messages"] = page["items"] + chat["messages"]
            chat["has_more"], chat["next_before"] = page["has_more"], page["next_before"]
        # Pages are read one by one: only if nothing changed meanwhile do they belong together.
        if (await person.sees(session_id, include=""))["version"] == tree["version"]:
            return tree


async def comparable_tree(person: Person, session_id: str) -> str:
    """The server's tree as text."""
    return comparable(await whole_tree(person, session_id))


def comparable(tree: dict[str, Any]) -> str:
    """A tree as text, every value and every form of it, but for `last_activity_at`: activity is no
    change, and a session that was only looked at keeps its version.
    """
    damaged = sorted(tree["damaged"], key=lambda part: str(part["part"]))
    shown = {**tree, "damaged": damaged, "last_activity_at": None}
    return json.dumps(shown, sort_keys=True, indent=1, ensure_ascii=False)

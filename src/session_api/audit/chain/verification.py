"""Checking the chains: every link, every head, and every event that no link speaks for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from session_api.audit.chain.encoding import NOTHING_BEFORE, Content, hash_link
from session_api.audit.chain.findings import (
    Broken,
    Finding,
    Gap,
    filled,
    named_as_copy,
    told_apart,
)
from session_api.audit.chain.heads import (
    PREFIX,
    Head,
    HeadKeys,
    Heads,
    HeadStore,
    heads_of,
    log_of,
)
from session_api.audit.chain.reads import ChainReader, Link, Log
from session_api.database.engine import Database

PAGE: Final = 5000
MOST_FINDINGS: Final = 1000
"""So many are told; the rest is counted."""
SUSPECTS: Final = 100
"""So many are looked up among other tenants' events."""
LATE_AFTER: Final = timedelta(minutes=15)


@dataclass(slots=True)
class Checked:
    """What was seen of one tenant's chain."""

    tenant_id: str
    log_id: str | None
    events: int = 0
    last_position: int = 0
    head_position: int | None = None


@dataclass(slots=True)
class Verdict:
    """What a check came to. `more` counts the findings that are not listed."""

    public_keys: list[str]
    chains: list[Checked] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    more: int = 0
    waiting: int = 0

    @property
    def events(self) -> int:
        return sum(chain.events for chain in self.chains)


class ChainVerifier:
    """Called by the command line. Changes nothing; needs no lock, since what is sealed stays."""

    def __init__(self, database: Database, keys: HeadKeys, store: HeadStore) -> None:
        self._reader = ChainReader(database)
        self._keys = keys
        self._store = store

    async def verify(
        self, now: datetime, *, tenant_id: str | None, late_after: timedelta = LATE_AFTER
    ) -> Verdict:
        """Checks all chains, or one tenant's. Raises StorageUnavailable, DatabaseUnavailable."""
        # Logs, then heads, then links: each is at least as new as the one before.
        logs = await self._reader.logs(tenant_id)
        heads, findings = await self._heads(logs, tenant_id)
        orphans = await self._orphans(tenant_id)
        verdict = Verdict(self._keys.public)
        for log in logs:
            walk = _Walk(log, heads.get(log.tenant_id, ()))
            await self._walk(walk)
            found = walk.findings(orphans.pop(log.tenant_id, []))
            findings += await self._copies(log.tenant_id, found, walk.hashes)
            verdict.chains.append(walk.checked)
        for tenant, events in orphans.items():
            findings += await self._copies(tenant, _unspoken("inserted", tenant, events), {})
        findings += await self._late(now - late_after, tenant_id)
        verdict.waiting = await self._reader.waiting(tenant_id)
        findings.sort(key=lambda each: (each.tenant_id, each.position or 0, each.event_id or ""))
        verdict.findings, verdict.more = (
            findings[:MOST_FINDINGS],
            max(0, len(findings) - MOST_FINDINGS),
        )
        return verdict

    async def _walk(self, walk: "_Walk") -> None:
        after = 0
        while links := await self._reader.links(walk.tenant_id, after=after, limit=PAGE):
            for link in links:
                walk.step(link)
            after = links[-1].position

    async def _orphans(self, tenant_id: str | None) -> dict[str, list[Content]]:
        orphans: dict[str, list[Content]] = defaultdict(list)
        for content in await self._reader.unchained(tenant_id, MOST_FINDINGS):
            orphans[str(content[0])].append(content)
        return orphans

    async def _heads(
        self, logs: list[Log], tenant_id: str | None
    ) -> tuple[dict[str, tuple[Head, ...]], list[Finding]]:
        """The believable heads of each tenant by position, and what is wrong with heads.

        Adds to `logs` those that heads alone know of.
        """
        names: dict[str, list[str]] = defaultdict(list)
        async for name in self._store.names(PREFIX):
            names[log_of(name)].append(name)
        heads: dict[str, tuple[Head, ...]] = {}
        findings: list[Finding] = []
        for log in logs:
            if log.log_id is not None:
                found = await heads_of(self._store, self._keys, names.pop(log.log_id, []))
                heads[log.tenant_id] = found.signed
                findings += _wrong_with_heads(log, found)
        known = {log.tenant_id: log.log_id for log in logs}
        for left in names.values():
            # Of a log that the database does not know. Those that another database wrote are not
            # signed by us, and none of our business.
            signed = (await heads_of(self._store, self._keys, left)).signed
            if not signed or tenant_id not in (None, signed[-1].tenant_id):
                continue
            tenant, last = signed[-1].tenant_id, signed[-1]
            if known.get(tenant) is None:
                heads[tenant] = signed
            else:
                said = f"a head tells of another log of theirs, {last.log_id}"
                findings.append(Finding("log_replaced", tenant, said, last.position))
            if tenant not in known:
                logs.append(Log(tenant, None, 0))
                known[tenant] = None
        return heads, findings

    async def _copies(
        self, tenant_id: str, findings: list[Finding], hashes: Mapping[str, bytes]
    ) -> list[Finding]:
        """The findings, those named as copies that are. `hashes` are the seals' by event id."""
        suspects = [
            (UUID(each.owner_id), UUID(each.event_id), hashes.get(each.event_id, b""))
            for each in findings
            if each.event_id is not None and each.owner_id is not None
        ][:SUSPECTS]
        if not suspects:
            return findings
        twins = await self._reader.twins(tenant_id, suspects)
        return [
            named_as_copy(each, twins[each.event_id]) if each.event_id in twins else each
            for each in findings
        ]

    async def _late(self, before: datetime, tenant_id: str | None) -> list[Finding]:
        return [
            Finding(
                "removed" if at is None else "late",
                tenant,
                "was removed before it was sealed"
                if at is None
                else f"waits for its seal since {at.isoformat()}; does the job run?",
                event_id=event_id,
            )
            for tenant, _, event_id, at in await self._reader.overdue(
                tenant_id, before, MOST_FINDINGS
            )
        ]


def _wrong_with_heads(log: Log, heads: Heads) -> list[Finding]:
    wrong = [
        Finding("head_invalid", log.tenant_id, f"no key of ours signed the head {name}")
        for name in heads.refused
    ]
    if log.head_position > (heads.signed[-1].position if heads.signed else 0):
        said = "the head that was written for this position is gone"
        wrong.append(Finding("head_missing", log.tenant_id, said, log.head_position))
    return wrong


class _Walk:
    """Goes along one chain, link by link."""

    def __init__(self, log: Log, heads: Sequence[Head]) -> None:
        self.tenant_id = log.tenant_id
        # Where the database forgot which log it is, a head may know.
        self._log_id = log.log_id or (heads[-1].log_id if heads else None)
        self._is_known = log.log_id is not None
        self._last_head = heads[-1] if heads else None
        # All of them: after a cut, a chain that has grown again agrees with its newest head.
        self._heads: dict[int, list[Head]] = defaultdict(list)
        for head in heads:
            self._heads[head.position].append(head)
        self.checked = Checked(log.tenant_id, self._log_id)
        self._findings: list[Finding] = []
        self._position = 0
        self._stored = NOTHING_BEFORE
        self._computed = NOTHING_BEFORE
        self._broken: list[Broken] = []
        self._gaps: list[Gap] = []
        self.hashes: dict[str, bytes] = {}
        """Of the broken links, by event id."""

    def step(self, link: Link) -> None:
        """The next link by position."""
        follows = link.position == self._position + 1
        if not follows:
            self._gaps.append(Gap(self._position + 1, link.position - 1, self._stored, link))
        computed = link.hash
        if link.content is None:
            self._find("removed", "the event is gone", link.position, link.event_id)
        elif follows and self._log_id is not None:
            computed = self._check(link, link.content)
        for head in self._heads.get(link.position, ()):
            if head.hash != link.hash.hex() or head.tenant_id != self.tenant_id:
                said = f"the head signed at {head.at} has another hash for this position"
                self._find("rewritten", said, link.position, link.event_id)
                break
        self._position, self._stored, self._computed = link.position, link.hash, computed
        self.checked.events += 1

    def _check(self, link: Link, content: Content) -> bytes:
        """The hash of the event at its place; a link that does not have it is broken."""
        assert self._log_id is not None  # noqa: S101 - looked at before
        computed = hash_link(self._log_id, link.position, self._stored, content)
        if computed == link.hash:
            return computed
        # Perhaps it is the hash before that was changed, and this link that was not.
        before = self._computed
        if hash_link(self._log_id, link.position, before, content) != link.hash:
            self._broken.append(Broken(link, content, frozenset((self._stored, before))))
            self.hashes[link.event_id] = link.hash
        return computed

    def findings(self, orphans: list[Content]) -> list[Finding]:
        """What there is to say in the end. `orphans` are the tenant's events without a seal."""
        head = self._last_head
        self.checked.last_position = self._position
        self.checked.head_position = None if head is None else head.position
        if not self._is_known and (self.checked.events or head is not None):
            self._find("log_missing", "the database does not know which log this is")
        is_cut = head is not None and head.position > self._position
        if head is not None and is_cut:
            said = f"a head signed at {head.at} tells of positions up to {head.position}"
            self._find("cut", said, self._position + 1)
        left = list(orphans)
        for gap in self._gaps:
            content = None if self._log_id is None else filled(self._log_id, gap, left)
            said = f"the seals {gap.first} to {gap.last} are gone"
            if content is not None:
                left.remove(content)
                said = "the seal of this event is gone"
            event_id = None if content is None else content[2]
            self._find("gap", said, gap.first, event_id)
        kind = "unchained" if is_cut or self._gaps else "inserted"
        found = self._findings + _unspoken(kind, self.tenant_id, left)
        if self._log_id is not None:
            found += told_apart(self.tenant_id, self._log_id, self._broken)
        return found

    def _find(
        self, kind: str, detail: str, position: int | None = None, event_id: str | None = None
    ) -> None:
        self._findings.append(Finding(kind, self.tenant_id, detail, position, event_id))


def _unspoken(kind: str, tenant_id: str, events: list[Content]) -> list[Finding]:
    """Of events that are neither sealed nor wait for it."""
    said = {
        "inserted": "no seal speaks for it, and it does not wait for one",
        "unchained": "its seal is gone, or it never had one",
    }
    return [
        Finding(kind, tenant_id, said[kind], event_id=content[2], owner_id=content[1])
        for content in events
    ]

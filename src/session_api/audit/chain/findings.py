"""What a check of the chains can come upon, and working out what was done to a broken link."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from session_api.audit.chain.encoding import Content, hash_link
from session_api.audit.chain.reads import Link

PAIRS_TRIED: Final = 64
"""Of so many broken links each is held against each other; of more, they are only called changed.
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was sealed, or that no seal speaks for.

    `kind`: changed, removed, swapped, copied, inserted, unchained, gap, cut, rewritten, late,
    log_missing, log_replaced, head_missing or head_invalid; docs/audit.md explains each.
    """

    kind: str
    tenant_id: str
    detail: str
    position: int | None = None
    event_id: str | None = None
    owner_id: str | None = None
    other_position: int | None = None
    other_event_id: str | None = None
    other_tenant_id: str | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A link whose hash is not that of its event at its place.

    `before` are the hashes that may have stood before it: as stored, and as computed.
    """

    link: Link
    content: Content
    before: frozenset[bytes]


def told_apart(tenant_id: str, log_id: str, broken: Sequence[Broken]) -> list[Finding]:
    """What was done to the broken links of a chain: each is swapped with another, or changed."""
    left = {each.link.position: each for each in broken}
    findings: list[Finding] = []
    follows: dict[int, bytes] = {}
    for one, other in combinations(list(left.values())[:PAIRS_TRIED], 2):
        here, there = one.link.position, other.link.position
        if here not in left or there not in left or not _are_swapped(log_id, one, other):
            continue
        for mine, theirs in ((one, other), (other, one)):
            del left[mine.link.position]
            follows[mine.link.position + 1] = theirs.link.hash
            findings.append(
                Finding(
                    "swapped",
                    tenant_id,
                    f"stands where event {theirs.link.event_id} was sealed",
                    position=mine.link.position,
                    event_id=mine.link.event_id,
                    owner_id=mine.link.owner_id,
                    other_position=theirs.link.position,
                    other_event_id=theirs.link.event_id,
                )
            )
    for position, each in left.items():
        # What follows a swapped link was hashed after the one that had stood there.
        before = follows.get(position)
        if before is not None and _fits(log_id, each.content, position, [before], [each.link.hash]):
            continue
        findings.append(
            Finding(
                "changed",
                tenant_id,
                "the event or its seal was changed after it was sealed",
                position=position,
                event_id=each.link.event_id,
                owner_id=each.link.owner_id,
            )
        )
    return findings


def _are_swapped(log_id: str, one: Broken, other: Broken) -> bool:
    """Whether each fits in the other's place: the events under their seals, all of the seals, or
    what stands in the events but for their ids.
    """
    before = one.before | other.before | {one.link.hash, other.link.hash}
    hashes = [one.link.hash, other.link.hash]
    return all(
        any(_fits(log_id, content, place.link.position, before, hashes) for content in versions)
        for place, versions in (
            (one, (other.content, _with_ids_of(one, other.content))),
            (other, (one.content, _with_ids_of(other, one.content))),
        )
    )


def _with_ids_of(place: Broken, content: Content) -> Content:
    return (content[0], place.link.owner_id, place.link.event_id, *content[3:])


def _fits(
    log_id: str,
    content: Content,
    position: int,
    before: Iterable[bytes],
    hashes: Sequence[bytes],
) -> bool:
    return any(hash_link(log_id, position, each, content) in hashes for each in before)


@dataclass(frozen=True, slots=True)
class Gap:
    """Positions that are missing from a chain, `first` to `last`, with the links around them."""

    first: int
    last: int
    before: bytes
    after: Link


def filled(log_id: str, gap: Gap, candidates: Sequence[Content]) -> Content | None:
    """Of the events without a seal the one that a gap of one was left by, if it can be told."""
    if gap.first != gap.last or gap.after.content is None:
        return None
    for content in candidates:
        link = hash_link(log_id, gap.first, gap.before, content)
        if hash_link(log_id, gap.after.position, link, gap.after.content) == gap.after.hash:
            return content
    return None


def named_as_copy(finding: Finding, twin: tuple[str, str, str, int]) -> Finding:
    """The same finding, now that it is known of which tenant's event it is a copy."""
    tenant_id, _, event_id, position = twin
    return replace(
        finding,
        kind="copied",
        detail=f"a copy of event {event_id} of tenant {tenant_id}",
        other_tenant_id=tenant_id,
        other_event_id=event_id,
        other_position=position,
    )

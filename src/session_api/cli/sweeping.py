"""`sweep` and `orphans`: the jobs, run once, and what they would find."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from fastapi import FastAPI

from session_api.app import create_app
from session_api.assets.leftovers import Leftovers
from session_api.lifecycle.jobs import Job
from session_api.lifecycle.runner import run_to_the_end
from session_api.ports import system_clock
from session_api.problems import StorageUnavailable
from session_api.settings import Settings

Moved = dict[str, int | None]
"""How many each job moved; None where another process was at it."""

_GUESTS = {"erase_guests": "erased {} guests"}
_SESSIONS = {"abandon": "abandoned", "archive": "archived"}
_CHANGES = {"trim_changes": "trimmed {} changes"}
_FILES = {
    "expire_uploads": "expired {} uploads",
    "delete_objects": "deleted {} objects",
    "remove_orphans": "removed {} orphans",
    "find_lost": "looked for {} files",
}
_AUDIT = {
    "seal_audit": "sealed {} audit events",
    "write_heads": "wrote {} heads",
    "prune_heads": "dropped {} heads",
}
_LEFT_OVER = {
    "expired_uploads": ("expired upload", "expired uploads"),
    "objects_to_delete": ("object to delete", "objects to delete"),
    "objects_without_row": ("object without a row", "objects without a row"),
    "unfinished_uploads": ("unfinished upload", "unfinished uploads"),
    "vanished_files": ("file whose object vanished", "files whose objects vanished"),
}


async def sweep(settings: Settings) -> Moved:
    """Runs every job once. Raises StorageUnavailable when those that need no store have run."""
    async with _opened(settings) as service:
        return await _run(service, service.state.jobs.thorough(system_clock()))


async def orphans(
    settings: Settings, *, mend: bool, adopt: bool = False
) -> tuple[Leftovers, Moved | None]:
    """What is left over, and with `mend` what the jobs then did about it. With `adopt` the store
    becomes this database's first. Raises ForeignStore.
    """
    async with _opened(settings) as service:
        if adopt:
            await service.state.asset_jobs.adopt_store()
        await service.state.asset_jobs.require_own_store()
        now = system_clock()
        found: Leftovers = await service.state.leftovers.at(now)
        if not mend:
            return found, None
        await service.state.asset_jobs.hurry(now)
        return found, await _run(service, service.state.jobs.of_files(unchecked_since=now))


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[FastAPI]:
    service = create_app(settings)
    try:
        await service.state.object_store.open()
        yield service
    finally:
        await service.state.object_store.close()
        await service.state.database.close()


async def _run(service: FastAPI, jobs: Sequence[Job]) -> Moved:
    moved: Moved = {}
    failed: StorageUnavailable | None = None
    for job in jobs:
        try:
            moved[job.name] = await run_to_the_end(job, service.state.leases, system_clock)
        except StorageUnavailable as problem:
            failed = problem
    if failed is not None:
        raise failed
    return moved


def swept_sentence(moved: Moved) -> str:
    """What a sweep did, for a person."""
    sessions = [f"{said} {moved[job]}" for job, said in _SESSIONS.items() if _ran(moved, job)]
    parts = [f"{', '.join(sessions)} sessions"] if sessions else []
    for jobs in (_CHANGES, _FILES, _GUESTS, _AUDIT):
        done = [said.format(moved[job]) for job, said in jobs.items() if _ran(moved, job)]
        parts += [", ".join(done)] if done else []
    told = "; ".join(parts)
    return f"{told[:1].upper()}{told[1:]}.{_held_sentence(moved)}".lstrip(". ")


def _ran(moved: Moved, job: str) -> bool:
    return moved.get(job) is not None


def _held_sentence(moved: Moved) -> str:
    held = [job for job, count in moved.items() if count is None]
    return f" Left out, because another process is at it: {', '.join(held)}." if held else ""


def orphans_sentence(found: Leftovers, moved: Moved | None) -> str:
    """What is left over, and what became of it, for a person."""
    amounts: dict[str, Any] = asdict(found)
    parts = [
        f"{_counted(amounts[name]['count'], *words)}{_bytes(amounts[name]['size'])}"
        for name, words in _LEFT_OVER.items()
        if amounts[name]["count"]
    ]
    told = f"Left over: {', '.join(parts)}." if parts else "Nothing is left over."
    if parts:
        told += " Mend it with --mend." if moved is None else " Mended."
    if found.lost_files.count:
        told += f" Lost and marked: {_counted(found.lost_files.count, 'file', 'files')}"
        told += f"{_bytes(found.lost_files.size)}."
    return told + ("" if moved is None else _held_sentence(moved))


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _bytes(size: int | None) -> str:
    return "" if size is None else f" ({_counted(size, 'byte', 'bytes')})"


def orphans_report(found: Leftovers, moved: Moved | None) -> dict[str, Any]:
    """The same as a JSON object."""
    amounts = {
        name: {"count": amount["count"], "bytes": amount["size"]}
        for name, amount in asdict(found).items()
    }
    return {**amounts, "mended": moved}

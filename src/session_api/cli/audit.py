"""`session-api audit …`: checking that the trail is as it was written, and handing it on."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from enum import Enum
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from session_api.assets.storage import open_store
from session_api.audit.chain import ChainVerifier, Export, Finding, HeadKeys, Verdict
from session_api.bootstrap import DEFAULT_DATA, prepared
from session_api.cli.failures import Failure, told_in_one_line
from session_api.cli.options import AsJson, Data, report
from session_api.database.engine import Database
from session_api.database.migrations import migrate
from session_api.durations import parse_duration
from session_api.fields import PointInTime
from session_api.logs import configure_logging
from session_api.ports import new_id, system_clock
from session_api.security import KeyRing
from session_api.settings import Settings

app = typer.Typer(help="The audit trail: check it, export it.", no_args_is_help=True)

_POINT_IN_TIME: TypeAdapter[datetime] = TypeAdapter(PointInTime)
_LONG = timedelta(hours=1)

Tenant = Annotated[str | None, typer.Option("--tenant", help="Only this tenant's chain.")]


class Format(Enum):
    """How an export is written."""

    JSONL = "jsonl"


@app.command()
def verify(
    tenant: Tenant = None,
    late_after: Annotated[
        str, typer.Option(help="How long an event may wait for its seal; seconds or ISO 8601.")
    ] = "PT15M",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Check every link of the chains and their signed heads. Anything found is named, and the
    command exits with 1.
    """
    with told_in_one_line(), prepared(data) as ready:
        _prepare(ready.settings)
        try:
            bound = parse_duration(late_after)
        except ValueError as error:
            raise Failure(f"--late-after: {error}") from error
        verdict = asyncio.run(_verify(ready.settings, tenant, bound))
    if as_json:
        report(_verdict_as_json(verdict), "", as_json)
    else:
        for finding in verdict.findings:
            typer.echo(_finding_sentence(finding))
        typer.echo(_verdict_sentence(verdict))
    if verdict.findings:
        raise typer.Exit(1)


@app.command()
def export(
    since: Annotated[
        str | None, typer.Option(help="Events at or after this time, as 2026-11-21T12:00:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Events before this time.")] = None,
    tenant: Tenant = None,
    format: Annotated[Format, typer.Option(help="One JSON object a line.")] = Format.JSONL,  # noqa: A002, ARG001
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Print events with their places in the chain and their hashes, and a summary on standard
    error.
    """
    begin, end = _time("--since", since), _time("--until", until)
    with told_in_one_line(), prepared(data) as ready:
        _prepare(ready.settings)
        try:
            count = asyncio.run(_export(ready.settings, tenant, begin, end))
        except BrokenPipeError:
            # Whoever reads has read enough. What is left in the buffer has nowhere to go.
            sys.stdout = None
            return
    summary: dict[str, Any] = {"events": count}
    typer.echo(_summary(summary, as_json), err=True)


def _summary(result: dict[str, Any], as_json: bool) -> str:
    return (
        f'{{"events": {result["events"]}}}' if as_json else f"Exported {result['events']} events."
    )


def _prepare(settings: Settings) -> None:
    configure_logging(as_json=settings.log_json)
    if settings.auto_migrate:
        migrate(settings)


def _time(option: str, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return _POINT_IN_TIME.validate_python(value)
    except ValidationError:
        raise Failure(f"{option} takes a time with its zone, as 2026-11-21T12:00:00Z") from None


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    # A check reads all there is; nobody waits for it.
    database = Database(settings.model_copy(update={"statement_timeout": _LONG}))
    try:
        yield database
    finally:
        await database.close()


async def _verify(settings: Settings, tenant: str | None, late_after: timedelta) -> Verdict:
    assert settings.encryption_keys is not None  # noqa: S101 - prepared
    keys = KeyRing.parse(settings.encryption_keys.get_secret_value())
    store = open_store(settings, keys, system_clock, new_id)
    async with _database(settings) as database:
        try:
            await store.open()
            verifier = ChainVerifier(database, HeadKeys(keys.derive("audit-heads")), store.records)
            return await verifier.verify(system_clock(), tenant_id=tenant, late_after=late_after)
        finally:
            await store.close()


async def _export(
    settings: Settings, tenant: str | None, since: datetime | None, until: datetime | None
) -> int:
    count = 0
    async with _database(settings) as database:
        lines = Export(database).lines(tenant_id=tenant, since=since, until=until)
        async for line in lines:
            sys.stdout.write(f"{line}\n")
            count += 1
        sys.stdout.flush()
    return count


def _verdict_as_json(verdict: Verdict) -> dict[str, Any]:
    return {
        "events": verdict.events,
        "waiting": verdict.waiting,
        "public_keys": verdict.public_keys,
        "chains": [asdict(chain) for chain in verdict.chains],
        "findings": [asdict(finding) for finding in verdict.findings],
        "more": verdict.more,
    }


def _finding_sentence(finding: Finding) -> str:
    where = [f"tenant {finding.tenant_id}"]
    if finding.position is not None:
        where.append(f"position {finding.position}")
    if finding.event_id is not None:
        where.append(f"event {finding.event_id}")
    return f"{finding.kind}: {', '.join(where)}: {finding.detail}"


def _verdict_sentence(verdict: Verdict) -> str:
    said = f"Checked {verdict.events} sealed events of {len(verdict.chains)} chains"
    said += f"; {verdict.waiting} wait for their seal." if verdict.waiting else "."
    found = len(verdict.findings) + verdict.more
    if not found:
        return f"{said} All is as it was sealed."
    unlisted = f", {verdict.more} of them not listed" if verdict.more else ""
    return f"{said} Found {found}{unlisted}."

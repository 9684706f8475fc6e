"""`session-api keys …`: making keys, changing over to them, and seeing which are still needed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from session_api.bootstrap import DEFAULT_DATA, prepared
from session_api.cli.failures import Failure, told_in_one_line
from session_api.cli.options import AsJson, Data, Done, progress_bar, report
from session_api.database.engine import Database
from session_api.database.migrations import migrate
from session_api.logs import configure_logging
from session_api.security import KeyRing, generate_key_entry
from session_api.sessions.rotation import KeyCensus, KeyRotation, RotationReport
from session_api.settings import Settings

T = TypeVar("T")
Work = Callable[[KeyRotation, Done], Awaitable[T]]

app = typer.Typer(help="Encryption keys for session metadata.", no_args_is_help=True)


@app.command()
def generate(
    kid: Annotated[str, typer.Option(help="The key's id, new in the ring.")] = "k1",
    data: Data = DEFAULT_DATA,  # noqa: ARG001 - every command takes it
    as_json: AsJson = False,
) -> None:
    """Print a new key, ready to stand in SESSION_API_ENCRYPTION_KEYS."""
    try:
        entry = generate_key_entry(kid)
    except ValueError as error:
        raise Failure(str(error)) from error
    report({"kid": kid, "entry": entry}, "{entry}", as_json)


@app.command()
def rotate(data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Encrypt everything anew that is not under the first key of SESSION_API_ENCRYPTION_KEYS.

    While the service runs; what people write meanwhile stays. Stopped half-way, run it again: it
    goes on where it was. Values that can't be read stay as they are and are counted; that is no
    failure, for no run could mend them.
    """
    done = _run("Rotating", data, lambda rotation, advance: rotation.rotate(advance))
    report(_rotated_as_json(done), _rotated(done), as_json)
    if done.held:
        raise Failure(f"{done.held} values were held by others all the time; run it again")


@app.command()
def status(
    data: Data = DEFAULT_DATA,
    verify: Annotated[
        bool, typer.Option("--verify", help="Open every value, to find broken ones; slower.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Tell how many values are under which key, so which keys are still needed."""

    def look(rotation: KeyRotation, advance: Done) -> Awaitable[KeyCensus]:
        return rotation.verify(advance) if verify else rotation.census(advance)

    found = _run("Verifying" if verify else "Counting", data, look)
    report(_counted_as_json(found), _counted(found), as_json)


def _run(what: str, data: Path, work: Work[T]) -> T:
    with told_in_one_line(), prepared(data) as ready:
        configure_logging(as_json=ready.settings.log_json)
        if ready.settings.auto_migrate:
            migrate(ready.settings)
        with progress_bar(what, 1, in_percent=True) as done:
            return asyncio.run(_on(ready.settings, work, done))


async def _on(settings: Settings, work: Work[T], advance: Done) -> T:
    assert settings.encryption_keys is not None  # noqa: S101 - prepared
    keys = KeyRing.parse(settings.encryption_keys.get_secret_value())
    database = Database(settings)
    try:
        return await work(KeyRotation(database, keys), advance)
    finally:
        await database.close()


def _rotated_as_json(done: RotationReport) -> dict[str, Any]:
    named = [
        {
            "owner_id": str(value.owner_id),
            "session_id": str(value.session_id),
            "value": value.column,
            "code": value.code,
        }
        for value in done.named
    ]
    return asdict(done) | {"named": named}


def _rotated(done: RotationReport) -> str:
    said = f"Put {done.rotated} values of {done.sessions} sessions under the key {done.first}."
    missing, broken = done.unreadable["key_missing"], done.unreadable["ciphertext_invalid"]
    if missing or broken:
        said += (
            f" Left as they were: {missing} whose key is missing, {broken} that fail their check"
            " (--json names the first of them)."
        )
    return said


def _counted_as_json(found: KeyCensus) -> dict[str, Any]:
    broken = found.broken
    return {
        "first": found.first,
        "sessions": found.sessions,
        "keys": [
            {"kid": kid, "values": values} | ({} if broken is None else {"broken": broken[kid]})
            for kid, values in found.keys.items()
        ],
        "missing_keys": [{"kid": kid, "values": values} for kid, values in found.missing.items()],
        "malformed": found.malformed,
    }


def _counted(found: KeyCensus) -> str:
    under = [
        f"{values} under {kid}{' (the first)' if kid == found.first else ''}"
        for kid, values in found.keys.items()
    ]
    sentences = [f"Values of {found.sessions} sessions: {', '.join(under)}."]
    if found.missing:
        lacking = ", ".join(f"{kid} ({values} values)" for kid, values in found.missing.items())
        sentences.append(f"Missing from the ring: {lacking}.")
    if found.malformed:
        sentences.append(f"{found.malformed} are no sealed values.")
    if found.broken is not None:
        broken = [f"{values} under {kid}" for kid, values in found.broken.items() if values]
        sentences.append(f"Fail their check: {', '.join(broken) or 'none'}.")
    return " ".join(sentences)

"""`session-api audit …` on a trail of 100,000 events that somebody with all rights got at."""

import asyncio
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from session_api.settings import ENV_PREFIX, Settings
from tests.audit.chains import COPY, FILL, SWAP_IDS, event_at, sealed
from tests.support.people import MovableClock
from tests.support.processes import run_command
from tests.support.workspace import Sql

EVENTS = 100_000


@dataclass
class Command:
    """`session-api audit` on the test's database."""

    settings: Settings
    folder: Path

    async def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        of = self.settings
        assert of.database_url is not None
        assert of.jwt_secret is not None
        assert of.encryption_keys is not None
        environment = {
            "DATABASE_URL": of.database_url.get_secret_value(),
            f"{ENV_PREFIX}JWT_SECRET": of.jwt_secret.get_secret_value(),
            f"{ENV_PREFIX}ENCRYPTION_KEYS": of.encryption_keys.get_secret_value(),
            f"{ENV_PREFIX}STORAGE": str(of.storage),
        }
        return await asyncio.to_thread(
            run_command, "audit", *words, "--data", self.folder, environment=environment
        )

    async def told(self, *options: str) -> dict[str, Any]:
        done = await self.run("verify", "--json", *options)
        verdict: dict[str, Any] = json.loads(done.stdout)
        assert done.returncode == (1 if verdict["findings"] else 0), done.stderr
        return verdict


@pytest.fixture
def command(settings: Settings, tmp_path: Path) -> Command:
    return Command(settings, tmp_path)


async def test_whatever_was_done_to_100_000_events_is_found_and_named(
    app: FastAPI, sql: Sql, clock: MovableClock, command: Command
) -> None:
    await sql.fetch(FILL, "town", EVENTS)
    await sql.fetch(FILL, "village", 100)
    await sealed(app.state.audit_sealing, clock)

    changed, removed, one, other, copied = [
        await event_at(sql, position) for position in (12_345, 40_000, 60_000, 70_001, 80_000)
    ]
    await sql.execute(
        "UPDATE audit_events SET data = json_build_object('n', (data->>'n')::int # 1)"
        f" WHERE id = '{changed}'"
    )
    await sql.execute(f"DELETE FROM audit_events WHERE id = '{removed}'")
    await sql.execute(SWAP_IDS.format(one=one, other=other))
    await sql.execute(COPY.format(owner="owner_id", id="md5('copy')::uuid", event=copied))
    copy = await sql.fetchval("SELECT md5('copy')::uuid::text")
    cut = EVENTS - 10
    await sql.execute(
        "DELETE FROM audit_events e USING audit_seals s WHERE s.tenant_id = 'town'"
        " AND s.position > $1 AND (e.owner_id, e.id) = (s.owner_id, s.event_id)",
        cut,
    )
    await sql.execute("DELETE FROM audit_seals WHERE tenant_id = 'town' AND position > $1", cut)

    verdict = await command.told()
    found = {
        (each["kind"], each["tenant_id"], each["position"], each["event_id"])
        for each in verdict["findings"]
    }
    assert found == {
        ("changed", "town", 12_345, changed),
        ("removed", "town", 40_000, removed),
        ("swapped", "town", 60_000, one),
        ("swapped", "town", 70_001, other),
        ("cut", "town", cut + 1, None),
        ("copied", "village", None, copy),
    }
    assert verdict["findings"][-1]["other_event_id"] == copied
    assert [chain["events"] for chain in verdict["chains"]] == [cut, 100]
    await sql.execute("TRUNCATE audit_events, audit_seals, audit_unsealed")  # faster than DELETE


async def test_a_trail_as_it_was_written_is_told_in_a_line(
    app: FastAPI, sql: Sql, clock: MovableClock, command: Command
) -> None:
    await sql.fetch(FILL, "town", 100)
    await sql.fetch(FILL, "village", 20)
    await sealed(app.state.audit_sealing, clock)
    await sql.fetch(FILL, "hamlet", 3)
    whole = await command.run("verify", "--late-after", "P36500D")
    said = "Checked 120 sealed events of 3 chains; 3 wait for their seal. All is as it was sealed."
    assert (whole.returncode, whole.stdout) == (0, f"{said}\n"), whole.stderr
    one = await command.told("--tenant", "village", "--late-after", "3155760000")
    assert (one["events"], one["waiting"], len(one["public_keys"])) == (20, 0, 1)
    event = await event_at(sql, 7)
    await sql.execute(f"DELETE FROM audit_events WHERE id = '{event}'")
    found = await command.run("verify", "--tenant", "town")
    assert found.returncode == 1
    assert found.stdout.splitlines() == [
        f"removed: tenant town, position 7, event {event}: the event is gone",
        "Checked 100 sealed events of 1 chains. Found 1.",
    ]


# Exports, and checking by hand


def by_hand(line: dict[str, Any]) -> str:
    """The hash of an exported event, as docs/audit.md tells to find it."""
    values = [line["log_id"], line["position"], line["previous"], *line["event"].values()]
    text = json.dumps(["session-api/audit/v1", *values], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


async def test_an_export_can_be_checked_by_itself(
    app: FastAPI, sql: Sql, clock: MovableClock, command: Command
) -> None:
    await sql.fetch(FILL, "town", 5000)
    await sql.fetch(FILL, "village", 10)
    await sealed(app.state.audit_sealing, clock)
    await sql.fetch(FILL, "hamlet", 3)
    done = await command.run("export")
    assert (done.returncode, done.stderr) == (0, "Exported 5013 events.\n")
    lines = [json.loads(text) for text in done.stdout.splitlines()]
    sealed_lines = [line for line in lines if line["position"] is not None]
    assert len(sealed_lines) == 5010
    assert [by_hand(line) for line in sealed_lines] == [line["hash"] for line in sealed_lines]
    town = [line for line in lines if line["event"]["tenant_id"] == "town"]
    assert [line["position"] for line in town] == list(range(1, 5001))
    assert [line["previous"] for line in town] == ["0" * 64] + [line["hash"] for line in town[:-1]]

    # The first 3 ms, of one tenant.
    words = ["--since", "2026-11-21T12:00:00Z", "--until", "2026-11-21T13:00:00.003+01:00"]
    part = await command.run("export", "--tenant", "town", "--json", *words)
    some = [json.loads(text) for text in part.stdout.splitlines()]
    assert part.stderr == '{"events": 2}\n'
    assert sorted(json.loads(line["event"]["data"])["n"] for line in some) == [1, 2]
    assert [by_hand(line) for line in some] == [line["hash"] for line in some]


async def test_a_time_without_a_zone_is_refused(command: Command) -> None:
    done = await command.run("export", "--since", "2026-11-21T12:00:00")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("session-api: --since takes a time with its zone")


async def test_the_page_in_the_docs_checks_an_export(
    app: FastAPI, sql: Sql, clock: MovableClock, command: Command, tmp_path: Path
) -> None:
    await sql.fetch(FILL, "town", 50)
    await sealed(app.state.audit_sealing, clock)
    page = (Path(__file__).parents[2] / "docs/audit.md").read_text()
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exported = (await command.run("export")).stdout

    def check(text: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", program], input=text, capture_output=True, text=True, check=False
        )

    assert check(exported).stdout == "50 whole\n"
    changed = check(exported.replace("person 3", "person 4", 1))
    assert changed.returncode == 1
    assert "broken at" in changed.stderr
    lines = exported.splitlines(keepends=True)
    assert check("".join(lines[:20] + lines[21:])).returncode == 1

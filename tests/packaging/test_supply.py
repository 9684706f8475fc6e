"""What the service is made of, and whether anything public is known against it."""

import json
import os
import re
import subprocess
import sys
import tomllib
from datetime import UTC, date, datetime
from typing import Any

import pytest
from cyclonedx.model.bom import Bom

from tools.advisories import ACCEPTED, Accepted, accepted, judge
from tools.locks import ROOT, RUNTIME, pinned
from tools.sbom import sbom

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def made() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sbom(RUNTIME.read_text(), PROJECT))
    return document


def test_the_bill_names_every_package_of_the_lock_with_its_hashes() -> None:
    locked = RUNTIME.read_text()
    components = {each["name"]: each for each in made()["components"]}
    assert len(components) == len(re.findall(r"^[a-z]\S*==", locked, re.MULTILINE)) > 50
    for package in pinned(locked):
        component = components[package.name]
        assert f"{package.name}==" in locked
        assert component["purl"] == f"pkg:pypi/{package.name}@{package.version}"
        (files,) = component["externalReferences"]
        assert {each["content"] for each in files["hashes"]} == set(package.hashes)
        assert all(f"sha256:{digest}" in locked for digest in package.hashes)


def test_the_bill_says_who_wants_what() -> None:
    graph = {each["ref"]: each["dependsOn"] for each in made()["dependencies"]}
    names = {ref: {on.split("/")[1].split("@")[0] for on in graph[ref]} for ref in graph}
    ours = names[f"pkg:pypi/session-api@{PROJECT['version']}"]
    assert {"fastapi", "asyncpg", "prometheus-client", "uvicorn"} <= ours
    (fastapi,) = [ref for ref in graph if ref.startswith("pkg:pypi/fastapi@")]
    assert {"starlette", "pydantic"} <= names[fastapi]
    # Nobody is in it whom nobody wants.
    wanted = {on for each in graph.values() for on in each}
    assert graph.keys() - wanted == {f"pkg:pypi/session-api@{PROJECT['version']}"}


def test_the_bill_is_read_by_cyclonedx_itself_and_is_the_same_every_time() -> None:
    assert sbom(RUNTIME.read_text(), PROJECT) == sbom(RUNTIME.read_text(), PROJECT)
    document = made()
    bom = Bom.from_json(document)  # type: ignore[attr-defined]
    assert len(bom.components) == len(document["components"])


def report(**advisories: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "dependencies": [
            {"name": name, "version": "1.0", "vulns": vulns} for name, vulns in advisories.items()
        ]
    }


BAD = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["1.1"]}


def test_an_advisory_fails_the_check_and_says_what_mends_it() -> None:
    verdict = judge(report(good=[], bad=[BAD]), 2, {}, NOW)
    assert verdict.failed
    assert "bad 1.0: CVE-2026-1, PYSEC-2026-1; mended in 1.1" in verdict.lines[1]


def test_nothing_found_is_told_with_its_date() -> None:
    verdict = judge(report(good=[]), 1, {}, NOW)
    assert not verdict.failed
    assert "1 of 1 packages, as published on 2026-11-21 12:00 UTC" in verdict.lines[0]


@pytest.mark.parametrize(("until", "fails"), [("2026-11-21", False), ("2026-11-20", True)])
def test_what_is_accepted_stands_until_its_day(until: str, fails: bool) -> None:
    may_stand = {"CVE-2026-1": Accepted(date.fromisoformat(until), "not reachable")}
    assert judge(report(bad=[BAD]), 1, may_stand, NOW).failed is fails


def test_packages_that_were_not_looked_up_are_told() -> None:
    skipped = {"name": "b", "skip_reason": "not found"}
    partly = report(good=[])
    partly["dependencies"].append(skipped)
    assert "1 packages were NOT looked up" in judge(partly, 2, {}, NOW).lines[-1]
    for nothing in ({"dependencies": [skipped]}, None):
        verdict = judge(nothing, 2, {}, NOW)
        assert not verdict.failed
        assert verdict.lines[0].startswith("advisories: NOT SCANNED.")


def test_each_that_is_accepted_has_a_reason() -> None:
    assert all(len(each.reason) > 10 for each in accepted(ACCEPTED.read_text()).values())
    with pytest.raises(ValueError, match="not enough values"):
        accepted("CVE-2026-1 2026-11-21")


def test_without_a_network_the_check_says_so_and_passes() -> None:
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1"}
    ran = subprocess.run(
        [sys.executable, "-m", "tools.advisories"],
        cwd=ROOT,
        env={"PATH": os.defpath, "HOME": "/nowhere", **nowhere},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "NOT SCANNED" in ran.stdout

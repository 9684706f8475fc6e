"""Part of `make check`: holds what the lock pins against public advisories.

pip-audit asks for them. Where they can't be had it says "No known vulnerabilities found" all the
same; here that is told as what it is, and nothing fails for it: a check must run without a network.
An advisory fails the check, unless requirements/advisories-accepted.txt says why it may stand.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from tools.locks import ROOT, RUNTIME, pinned

ACCEPTED = ROOT / "requirements/advisories-accepted.txt"
PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Accepted:
    """An advisory that may stand until that day, and why."""

    until: date
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to tell, line by line, and whether the check fails."""

    lines: tuple[str, ...]
    failed: bool


def accepted(text: str) -> dict[str, Accepted]:
    """`ID  YYYY-MM-DD  reason` a line. Raises ValueError for a line without a reason."""
    found = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, until, reason = line.split(maxsplit=2)
            found[name] = Accepted(date.fromisoformat(until), reason)
    return found


def judge(
    report: Mapping[str, Any] | None,
    packages: int,
    may_stand: Mapping[str, Accepted],
    now: datetime,
) -> Verdict:
    """`report` is what pip-audit wrote, None where it wrote nothing."""
    dependencies = report["dependencies"] if report is not None else []
    known = [entry for entry in dependencies if "skip_reason" not in entry]
    if not known:
        told = f"The data can't be reached from here: none of {packages} packages was looked up."
        return Verdict((f"advisories: NOT SCANNED. {told}",), failed=False)
    asked = f"{len(known)} of {packages} packages, as published on {now:%Y-%m-%d %H:%M} UTC"
    lines = []
    failed = False
    for entry in known:
        for advisory in entry["vulns"]:
            names = {advisory["id"], *advisory.get("aliases", ())}
            standing = next((may_stand[name] for name in names if name in may_stand), None)
            told = f"{entry['name']} {entry['version']}: {', '.join(sorted(names))}"
            if standing is not None and now.date() <= standing.until:
                lines.append(f"  accepted until {standing.until}: {told} ({standing.reason})")
                continue
            failed = True
            mended = ", ".join(advisory.get("fix_versions", ())) or "no version yet"
            lines.append(f"  {told}; mended in {mended}")
    head = f"advisories: {asked}: {'FOUND' if failed else 'nothing that may not stand'}"
    missing = packages - len(known)
    if missing:
        lines.append(f"  {missing} packages were NOT looked up: their data can't be reached")
    return Verdict((head, *lines), failed)


def ask() -> Mapping[str, Any] | None:
    """What pip-audit says of the lock."""
    command = [sys.executable, "-m", "pip_audit", "-r", str(RUNTIME), "--require-hashes"]
    command += ["--disable-pip", "-f", "json", "--progress-spinner", "off", "--timeout", "5"]
    try:
        ran = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )
        report: Mapping[str, Any] = json.loads(ran.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return report


def main() -> int:
    packages = len(pinned(RUNTIME.read_text()))
    verdict = judge(ask(), packages, accepted(ACCEPTED.read_text()), datetime.now(UTC))
    print("\n".join(verdict.lines))
    return verdict.failed


if __name__ == "__main__":
    sys.exit(main())

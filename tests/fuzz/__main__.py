"""`python -m tests.fuzz`: for as long as one likes."""

import argparse
import asyncio
import secrets
import sys

import typer

from tests.fuzz.run import fuzz, fuzzable


def main() -> int:
    """0 where nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    asked = parser.parse_args()
    typer.echo(f"seed {asked.seed}")
    with fuzzable() as service:
        found = asyncio.run(fuzz(service, requests=asked.requests, seed=asked.seed))
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(found.statuses.items()))
    typer.echo(f"{found.sent} requests; {statuses}")
    typer.echo(f"memory: {found.memory[-1] / 2**20:.1f} MiB, {found.growth:+.1%} since half-way")
    for fault in found.faults:
        typer.echo(f"FAULT {fault}")
    return 1 if found.faults or found.growth > 0.05 else 0


if __name__ == "__main__":
    sys.exit(main())

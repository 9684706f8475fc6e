"""`python -m tests.faults.history --seconds 1800 --seed 7`: the run by hand."""

import argparse
import asyncio
import random
import sys

from tests.faults.history.run import run


def main() -> int:
    """1 where anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.history", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument(
        "--pause", type=float, default=0.1, help="seconds a client rests between two requests"
    )
    asked = parser.parse_args()
    print(f"seed {asked.seed}, for {asked.seconds} s", flush=True)  # noqa: T201
    report = asyncio.run(run(seconds=asked.seconds, seed=asked.seed, pause_seconds=asked.pause))
    print(report)  # noqa: T201
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())

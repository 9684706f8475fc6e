"""The load generator wrk, told and read as our own one is."""

import json
import math
import subprocess
import tempfile
from pathlib import Path

from benchmarks.kernel import cpu_seconds
from benchmarks.load import PATIENCE_SECONDS, Reading, Task

_TIMEOUT = "30s"  # by default, wrk counts an answer after two seconds as lost

# A JSON string of ASCII is a Lua string as well.
_SCRIPT = """
local requests = {%s}
local place = 0

function request()
  place = place %% #requests + 1
  return requests[place]
end

function done(summary, latency)
  local errors = summary.errors
  io.stderr:write(string.format(
    '{"requests":%%d,"microseconds":%%d,"p50":%%d,"p99":%%d,"refused":%%d,"lost":%%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
"""


def run(task: Task) -> Reading:
    """As `benchmarks.load.run`, in whole seconds. wrk counts as refused what is 400 or above.

    Raises ConnectionError, also where wrk itself fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "requests.lua"
        script.write_text(_SCRIPT % ",".join(map(json.dumps, task.requests)))
        if task.warmup:
            _wrk(task, script, task.warmup)
        cpu_before = cpu_seconds(task.server_pid)
        seconds = task.seconds
        while not (found := _wrk(task, script, seconds))["requests"] and seconds < PATIENCE_SECONDS:
            seconds *= 4
        cpu = cpu_seconds(task.server_pid) - cpu_before
    return Reading(
        requests=found["requests"],
        seconds=found["microseconds"] / 1e6,
        p50_ms=found["p50"] / 1000,
        p99_ms=found["p99"] / 1000,
        server_cpu_seconds=cpu,
        refused=found["refused"],
        first_refused="a status of 400 or above" if found["refused"] else "",
    )


def _wrk(task: Task, script: Path, seconds: float) -> dict[str, int]:
    options = [
        "-t",
        "1",
        "-c",
        str(task.connections),
        "-d",
        str(math.ceil(seconds)),
        "--timeout",
        _TIMEOUT,
    ]
    ran = subprocess.run(
        ["wrk", *options, "-s", str(script), f"http://127.0.0.1:{task.port}/"],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise ConnectionError(f"wrk failed: {ran.stderr.strip()[-500:]}")
    found: dict[str, int] = json.loads(ran.stderr)
    if found["lost"]:
        raise ConnectionError(f"wrk lost {found['lost']} requests or connections")
    return found

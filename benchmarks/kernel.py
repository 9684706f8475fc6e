"""What Linux tells of processes and of the machine; elsewhere all of it is 0."""

import os
import re
from pathlib import Path


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has used so far, its living threads' where these are told apart to
    the nanosecond; 0 where there is no /proc.
    """
    try:
        threads = Path(f"/proc/{pid}/task").iterdir()
        return sum(int((each / "schedstat").read_text().split()[0]) for each in threads) / 1e9
    except OSError:
        return _cpu_seconds_in_ticks(pid)


def _cpu_seconds_in_ticks(pid: int) -> float:
    try:
        # The second field is the program's name, which may hold spaces (proc(5)).
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    """Memory that a process has touched and not given back; 0 where there is no /proc."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def proportional_bytes(pid: int) -> int:
    """As `resident_bytes`, but of what several processes share only its part; 0 where the system
    does not tell.
    """
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    found = re.search(r"^Pss: +(\d+) kB$", text, re.MULTILINE)
    return int(found.group(1)) * 1024 if found else 0


def machine_seconds() -> tuple[float, float]:
    """CPU time that all cores of the machine have been busy, and all there was; (0, 0) where there
    is no /proc.
    """
    try:
        first = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    except OSError:
        return 0.0, 0.0
    user, nice, system, idle, waiting, *others = (
        int(count) / os.sysconf("SC_CLK_TCK") for count in first
    )
    busy = user + nice + system + sum(others)
    return busy, busy + idle + waiting

"""Node.js, for what only runs there: a browser's driver, an identity provider."""

import re
import shutil
import subprocess
from pathlib import Path

from tests.support.processes import leave_out

OLDEST_NODE = 20


def node_with(package: str, folder: Path) -> str:
    """The `node` to run a script of this folder by, which needs that package installed in it.

    The test is left out where either is missing.
    """
    node = shutil.which("node")
    if node is None:
        leave_out("Node.js is not installed")
        raise AssertionError
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    major = re.match(r"v(\d+)", version)
    if major is None or int(major[1]) < OLDEST_NODE:
        leave_out(f"Node.js {OLDEST_NODE} or newer is needed, not {version.strip()}")
    if not (folder / "node_modules" / package).is_dir():
        below = folder.relative_to(Path(__file__).parents[2])
        leave_out(f"{package} is not installed: npm ci --prefix {below}")
    return node

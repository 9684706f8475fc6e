"""What a clone must and must not hold: commands, locks, nothing of the machine it came from."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ["requirements/runtime.lock", "requirements/dev.lock"]
COMMANDS = {
    *(
        "help",
        "setup",
        "run",
        "test",
        "check",
        "format",
        "lock",
        "sbom",
        "bench",
        "uploads",
        "queries",
        "pages",
    ),
    "clean",
}

# In pieces, so that this file isn't a finding itself.
REGISTRIES = [
    *("pypi" + ".org", "files.python" + "hosted", "npm" + "js.org", "npm" + "js.com"),
    *("registry.yarn" + "pkg", "deb." + "debian.org", "crates" + ".io", "proxy." + "golang"),
    *("ghcr" + ".io", "quay" + ".io", "docker" + ".io"),
]
PLACES = ["/" + "work/", "/" + "root/", "/" + "opt/wheels", "/" + "opt/pypi"]
DEVELOPMENT_SECRETS = ["development-only-" + "secret", "ZGV2ZWxvcG1l" + "bnQtb25seS"]
SCHEMA = "tests/packaging/compose-spec.json"  # not ours


def missing(what: str) -> None:
    """Skips, except in CI, where nothing may be missing."""
    if os.environ.get("SESSION_API_TEST_REQUIRE_ALL") == "1":
        pytest.fail(what)
    pytest.skip(what)


def tracked_texts() -> dict[str, str]:
    """What is committed or would be: tracked files, and new ones that git doesn't ignore."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        missing("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    texts = {}
    for name in listed.decode().split("\0"):
        path = ROOT / name
        if name and name != SCHEMA and path.is_file():
            content = path.read_bytes()
            if b"\0" not in content:
                texts[name] = content.decode()
    return texts


def findings(texts: dict[str, str], needles: list[str]) -> list[str]:
    return [
        f"{name}:{number}: {needle}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), start=1)
        for needle in needles
        if needle in line
    ]


def requirements(lock: str) -> dict[str, str]:
    """Each requirement as it is pinned, with all that belongs to it."""
    text = (ROOT / lock).read_text()
    entries = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"(?m)^ *#.*\n", "", text))
    return {entry.split(" ")[0]: entry for entry in entries if entry.strip()}


def test_no_file_names_a_package_registry() -> None:
    assert findings(tracked_texts(), REGISTRIES) == []


def test_no_file_names_a_place_on_the_machine_it_was_made_on() -> None:
    assert findings(tracked_texts(), PLACES) == []


def test_the_development_secrets_stand_in_the_compose_file_alone() -> None:
    texts = tracked_texts()
    assert findings({"docker-compose.yml": texts.pop("docker-compose.yml")}, DEVELOPMENT_SECRETS)
    assert findings(texts, DEVELOPMENT_SECRETS) == []


def test_a_finding_is_found() -> None:
    bad = {"x.txt": "fine\nfrom https://" + REGISTRIES[0] + "/simple\n"}
    assert findings(bad, REGISTRIES) == [f"x.txt:2: {REGISTRIES[0]}"]
    assert findings({"x.txt": "worked at the root"}, [*REGISTRIES, PLACES[1]]) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_of_a_lock_is_one_version_with_hashes(lock: str) -> None:
    pinned = requirements(lock)
    assert len(pinned) > 20
    for name, entry in pinned.items():
        assert re.fullmatch(r"[a-z0-9._-]+(\[[a-z0-9,-]+\])?==[^\s=]+", name), name
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), name


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_says_how_it_is_made_and_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "make lock" in text.splitlines()[1]
    assert "://" not in text
    assert "find-links" not in text
    assert "index-url" not in text


@pytest.mark.parametrize("folder", ["tests/browser", "tests/oidc"])
def test_a_lock_of_npm_names_no_host_and_every_hash(folder: str) -> None:
    text = (ROOT / folder / "package-lock.json").read_text()
    assert "://" not in text
    packages = json.loads(text)["packages"]
    packages.pop("")  # the tests' own
    assert packages
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name


def test_tests_run_against_the_versions_that_are_shipped() -> None:
    assert set(requirements(LOCKS[0])) <= set(requirements(LOCKS[1]))


def test_every_direct_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    locked = {name.partition("==")[0].partition("[")[0] for name in requirements(LOCKS[1])}
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[\[<>=;! ]", line)[0].lower().replace("_", "-") for line in wanted}
    assert names <= locked


def test_the_build_backend_is_locked_in_the_version_that_builds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(project["build-system"]["requires"]) <= set(requirements(LOCKS[1]))


def test_make_lists_every_command() -> None:
    if shutil.which("make") is None:
        missing("make is not installed")
    printed = subprocess.run(
        ["make", "--no-print-directory"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
    ).stdout
    listed = set(re.findall(r"^  make ([a-z]+)  ", printed, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*) FORCE$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    assert listed == set(phony[1].split()) == COMMANDS


def test_the_ci_script_is_executable_and_parses() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0

"""The image and the Compose file, as far as they can be held without a container engine."""

import json
import re
import shlex
import subprocess
import sys
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import NamedTuple

import jsonschema
import pytest

from session_api.settings import ENV_PREFIX, MIGRATION_URL, MINIMUM_SECRET_BYTES, Settings
from tests.packaging.seaweedfs import compose, with_defaults

ROOT = Path(__file__).parents[2]


class Instruction(NamedTuple):
    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """The arguments without flags such as --from=build; in exec form, the list."""
        text = re.sub(r"^(--\S+\s+)+", "", self.text)
        parsed: list[str] = json.loads(text) if text.startswith("[") else shlex.split(text)
        return parsed


def dockerfile_stages() -> list[list[Instruction]]:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    stages: list[list[Instruction]] = [[]]
    for logical in text.replace("\\\n", " ").splitlines():
        if logical.strip():
            name, _, rest = logical.strip().partition(" ")
            if name == "FROM":
                stages.append([])
            stages[-1].append(Instruction(name, rest.strip()))
    return stages


def last(stage: list[Instruction], name: str) -> Instruction:
    return [instruction for instruction in stage if instruction.name == name][-1]


# The Dockerfile


def test_every_instruction_is_one_that_docker_knows() -> None:
    known = {
        *("FROM", "ARG", "ENV", "RUN", "COPY", "WORKDIR", "LABEL", "USER", "EXPOSE", "STOPSIGNAL"),
        *("HEALTHCHECK", "ENTRYPOINT", "CMD", "VOLUME"),
    }
    before_the_first, *stages = dockerfile_stages()
    assert {instruction.name for instruction in before_the_first} == {"ARG"}
    assert {instruction.name for stage in stages for instruction in stage} <= known
    assert len(stages) == 2
    assert [instruction.name for instruction in stages[-1]].count("CMD") == 1


def test_both_stages_start_from_the_same_official_slim_python() -> None:
    arguments, *stages = dockerfile_stages()
    bases = {stage[0].words[0] for stage in stages}
    assert bases == {"python:${PYTHON_VERSION}-slim"}
    assert arguments[0].text == "PYTHON_VERSION=3.13"


def test_every_copied_path_exists_and_reaches_the_build() -> None:
    allowed = [
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    ]
    sources = [
        source
        for stage in dockerfile_stages()
        for instruction in stage
        if instruction.name == "COPY" and "--from=" not in instruction.text
        for source in instruction.words[:-1]
    ]
    assert {"pyproject.toml", "src", "alembic", "requirements/runtime.lock"} <= set(sources)
    for source in sources:
        assert (ROOT / source).exists(), source
        assert any(fnmatch(source, pattern) for pattern in allowed), f".dockerignore hides {source}"


def test_what_is_copied_between_stages_comes_from_a_stage_of_our_own() -> None:
    _, *stages = dockerfile_stages()
    names = {stage[0].words[2] for stage in stages if len(stage[0].words) == 3}
    used = re.findall(r"--from=(\S+)", (ROOT / "Dockerfile").read_text())
    assert used
    assert set(used) <= names


def test_what_is_installed_is_pinned_by_hash_or_version() -> None:
    commands = [
        command.strip()
        for stage in dockerfile_stages()
        for instruction in stage
        if instruction.name == "RUN"
        for command in instruction.text.split("&&")
    ]
    installs = [command for command in commands if " install " in command and "pip" in command]
    assert len(installs) == 3
    for command in installs:
        pinned = re.search(r"--require-hashes|--no-deps dist/|==\d", command)
        assert pinned, command
    (build,) = [command for command in commands if command.startswith("uv build")]
    assert "--require-hashes" in build
    assert "--build-constraints" in build


def test_the_image_runs_as_a_user_with_a_fixed_id_and_an_entry_in_passwd() -> None:
    final = dockerfile_stages()[-1]
    uid, _, gid = last(final, "USER").text.partition(":")
    assert uid.isdigit()
    assert int(uid) > 0
    assert int(gid) > 0
    created = next(line.text for line in final if "useradd" in line.text)
    assert f"--uid {uid} --gid {gid}" in created
    assert final.index(last(final, "USER")) > final.index(last(final, "RUN"))


def test_the_folder_of_files_belongs_to_the_user_of_the_image_and_may_be_a_volume() -> None:
    final = dockerfile_stages()[-1]
    folder = last(final, "WORKDIR").text
    made = next(line for line in final if "install -d" in line.text)
    assert f"install -d -o session-api -g session-api -m 0700 {folder}" in made.text
    assert last(final, "VOLUME").words == [folder]
    # What is done to a volume's folder after it was declared is lost.
    assert final.index(last(final, "VOLUME")) > final.index(made)


def test_one_image_serves_every_command() -> None:
    final = dockerfile_stages()[-1]
    assert last(final, "ENTRYPOINT").words == ["session-api"]
    assert last(final, "CMD").words == ["serve", "--host", "0.0.0.0"]


@contextmanager
def a_server_that_answers(status: int) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def health_check(port: int) -> int:
    """Runs the image's own health check here, against another port."""
    check = last(dockerfile_stages()[-1], "HEALTHCHECK").text
    program, *arguments = json.loads(check[check.index("CMD") + len("CMD") :])
    assert program == "python"
    assert "8000" in arguments[-1]
    arguments[-1] = arguments[-1].replace("8000", str(port))
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, timeout=30, check=False
    ).returncode


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (404, False)])
def test_the_health_check_tells_a_healthy_service_from_a_sick_one(
    status: int, healthy: bool
) -> None:
    with a_server_that_answers(status) as port:
        assert (health_check(port) == 0) is healthy


def test_the_health_check_fails_where_nothing_listens() -> None:
    with a_server_that_answers(200) as port:
        pass
    assert health_check(port) != 0


# The Compose file


def test_the_compose_file_meets_the_official_schema() -> None:
    schema = json.loads((Path(__file__).parent / "compose-spec.json").read_text())
    jsonschema.validators.validator_for(schema).check_schema(schema)
    jsonschema.validate(compose(), schema)


def test_the_schema_refuses_a_misspelt_field() -> None:
    schema = json.loads((Path(__file__).parent / "compose-spec.json").read_text())
    broken = compose()
    broken["services"]["api"]["depend_on"] = {}
    with pytest.raises(jsonschema.ValidationError, match="depend_on"):
        jsonschema.validate(broken, schema)


def test_migrations_are_applied_once_before_the_service_starts() -> None:
    services = compose()["services"]
    api, migrate = services["api"], services["migrate"]
    assert api["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert api["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert migrate["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert migrate["command"] == ["migrate"]
    assert migrate["image"] == api["image"]
    assert api["environment"]["SESSION_API_AUTO_MIGRATE"] == "false"


def test_the_service_is_not_told_whom_the_tables_belong_to() -> None:
    services = compose()["services"]
    owner = services["postgres"]["environment"]["POSTGRES_USER"]
    migrate = services["migrate"]["environment"]
    assert f"//{owner}:" in migrate[MIGRATION_URL]
    for name in ("api", "migrate"):
        assert f"//{owner}:" not in services[name]["environment"]["DATABASE_URL"]
    assert [name for name in services if "POSTGRES_PASSWORD" in str(services[name])] == [
        "migrate",
        "postgres",
    ]


def test_an_image_is_built_by_one_service_only() -> None:
    # Two services that build one tag make a first `docker compose up` fail with "already exists".
    built = [name for name, service in compose()["services"].items() if "build" in service]
    assert built == ["migrate"]


def test_the_service_can_write_nowhere_but_in_its_volume_and_tmp() -> None:
    api = compose()["services"]["api"]
    assert api["read_only"] is True
    assert api["tmpfs"] == ["/tmp"]
    assert api["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in api["security_opt"]
    assert [volume.split(":")[1] for volume in api["volumes"]] == [
        last(dockerfile_stages()[-1], "WORKDIR").text
    ]


def test_nothing_is_reachable_from_other_machines() -> None:
    for name, service in compose()["services"].items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name


def test_postgres_keeps_its_data_where_version_18_puts_it() -> None:
    postgres = compose()["services"]["postgres"]
    assert postgres["image"] == "postgres:18"
    assert postgres["volumes"] == ["postgres:/var/lib/postgresql"]


def test_the_service_has_more_time_to_stop_than_it_takes() -> None:
    grace = int(compose()["services"]["api"]["stop_grace_period"].removesuffix("s"))
    assert grace > Settings.model_fields["shutdown_timeout"].default.total_seconds()


@pytest.mark.parametrize("service", ["api", "migrate"])
def test_every_setting_is_one_that_we_have_and_its_default_is_valid(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = compose()["services"][service]["environment"]
    fields = {name for name in environment if name.startswith(ENV_PREFIX)}
    assert {name.removeprefix(ENV_PREFIX).lower() for name in fields} <= set(Settings.model_fields)
    for name, value in environment.items():
        monkeypatch.setenv(name, with_defaults(value))
    settings = Settings()
    assert settings.jwt_secret is not None
    assert len(settings.jwt_secret.get_secret_value()) >= MINIMUM_SECRET_BYTES
    assert settings.encryption_keys is not None
    kid, _, key = settings.encryption_keys.get_secret_value().partition(":")
    assert kid
    assert len(b64decode(key, validate=True)) == 32


def test_what_is_public_says_that_it_is_for_development() -> None:
    environment = compose()["services"]["api"]["environment"]
    _, _, key = with_defaults(environment["SESSION_API_ENCRYPTION_KEYS"]).partition(":")
    assert b"development-only" in b64decode(key)
    assert "development-only" in with_defaults(environment["SESSION_API_JWT_SECRET"])
    for name in ("SESSION_API_JWT_SECRET", "SESSION_API_ENCRYPTION_KEYS"):
        assert environment[name].startswith("${" + name + ":-"), "a real value must take its place"

"""The OpenAPI document against the service: schemathesis sends what it allows and what it does not.

Half of the requests go to a workspace that exists, so that they reach further than a 404. Set
SESSION_API_TEST_FUZZ_EXAMPLES for a longer run.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import walk_packages
from typing import Any
from uuid import uuid4

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import positive_data_acceptance

import session_api
from session_api.app import create_app
from session_api.settings import Settings
from tests.support.database import Server, database_of
from tests.support.operations import api_document, operation_named
from tests.support.people import MovableClock, Person, new_id
from tests.support.serving import served
from tests.support.settings import test_settings
from tests.support.workspace import has_what_it_is_about, has_workspace

# Hypothesis takes some values from the texts of what is imported of ours: the same examples in any
# order of the tests need all of it.
for module in walk_packages(session_api.__path__, "session_api."):
    import_module(module.name)

EXAMPLES = int(os.environ.get("SESSION_API_TEST_FUZZ_EXAMPLES", "12"))

schema = schemathesis.openapi.from_dict(
    api_document(),
    config=SchemathesisConfig.from_dict(
        {
            "generation": {
                "deterministic": True,
                "max-examples": EXAMPLES,
                # U+0000 is valid in JSON Schema and refused by us in every text: test_poison.py.
                "allow-x00": False,
                # Queries of the future are let pass; the token is put on by the test.
                "allow-extra-parameters": False,
                "with-security-parameters": False,
            },
            "checks": {
                # 412: well formed, but somebody else was faster.
                "positive_data_acceptance": {
                    "expected-statuses": ["2xx", "3xx", "404", "409", "412"],
                },
            },
        }
    ),
)


@dataclass
class Fuzzed:
    """The service under test, and somebody with a workspace in it."""

    url: str
    settings: Settings
    http: httpx.Client
    token: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    is_changed: bool = False
    """Whether the last request may have deleted or finished something of the workspace."""

    def renew(self) -> None:
        """A fresh workspace, in place of one that was deleted or finished, of somebody who has
        signed out nowhere.
        """

        async def make() -> tuple[str, dict[str, str]]:
            wire, clock = httpx.AsyncHTTPTransport(), MovableClock()
            somebody = Person(
                new_id(), wire, self.settings, clock, base_url=self.url, roles=["admin"]
            )
            async with somebody as person:
                ids = await has_workspace(person)
                file = await has_what_it_is_about(person, operation_named("get_asset"), ids)
                return person.token, ids | file

        self.token, self.ids = asyncio.run(make())

    def is_spent(self) -> bool:
        headers = {"Authorization": f"Bearer {self.token}"}
        session = "/api/sessions/{session_id}"
        paths = (session, "/api/missions/{mission_id}", session + "/assets/{asset_id}")
        answers = [self.http.get(path.format(**self.ids), headers=headers) for path in paths]
        return any(
            not answer.is_success or answer.json()["status"] in ("completed", "archived")
            for answer in answers
        )


@pytest.fixture(scope="module")
def fuzzed(server: Server) -> Iterator[Fuzzed]:
    name = f"test_{uuid4().hex}"
    asyncio.run(server.execute(f"CREATE DATABASE {name} TEMPLATE template_migrated"))
    made = test_settings(database_of(server.url, name))
    with served(create_app(made)) as url, httpx.Client(base_url=url) as client:
        yield Fuzzed(url, made, client)
    asyncio.run(server.execute(f"DROP DATABASE {name} WITH (FORCE)"))


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_the_service_keeps_to_its_document(case: "schemathesis.Case[Any]", fuzzed: Fuzzed) -> None:
    if not fuzzed.ids or (fuzzed.is_changed and fuzzed.is_spent()):
        fuzzed.renew()
    _aim(case, fuzzed.ids)
    fuzzed.is_changed = True
    answer = case.call_and_validate(
        base_url=fuzzed.url,
        headers={"Authorization": f"Bearer {fuzzed.token}"},
        allow_redirects=False,
        excluded_checks=[positive_data_acceptance] if _says_more(case) else [],
    )
    fuzzed.is_changed = case.method != "GET" and answer.status_code < 400


def _aim(case: "schemathesis.Case[Any]", ids: dict[str, str]) -> None:
    """Points every second well-formed request at the workspace."""
    sent = case.path_parameters
    if sent and all(_even(value) for value in sent.values()):
        case.path_parameters = {name: ids.get(name, value) for name, value in sent.items()}


def _says_more(case: "schemathesis.Case[Any]") -> bool:
    """Whether a rule holds that a schema can't tell: a cursor is one of ours, an event's id is a
    version, times are of our centuries, a page has one direction, an Idempotency-Key is the id in
    the body, no header is empty, no number is beyond 64 bits, what a message refers to is in the
    session, how large a file may be is a setting, the ids of one request differ, and who is a guest
    goes by the service's own tokens.
    """
    headers = {name.lower(): value for name, value in (case.headers or {}).items()}
    sent = set(case.query or {}) | set(headers)
    return (
        bool(sent & {"cursor", "since", "until", "idempotency-key", "last-event-id"})
        or {"before", "after"} <= sent
        or "" in headers.values()
        or case.operation.path in ("/api/auth/guest", "/api/sessions/merge")
        or _holds(case.body, _is_beyond_64_bits)
        or _holds(case.body, _refers_to_something)
        or _holds(case.body, _is_a_huge_file)
        or _holds(case.body, _repeats_an_id)
    )


def _holds(value: object, what: Callable[[object], bool]) -> bool:
    if what(value):
        return True
    if not isinstance(value, dict | list):
        return False
    children = value.values() if isinstance(value, dict) else value
    return any(_holds(child, what) for child in children)


def _is_beyond_64_bits(value: object) -> bool:
    return isinstance(value, int) and not -(2**63) <= value < 2**63


def _refers_to_something(value: object) -> bool:
    return isinstance(value, dict) and bool(value.get("parent_id") or value.get("asset_ids"))


def _is_a_huge_file(value: object) -> bool:
    limit = Settings.model_fields["asset_max_bytes"].default
    size = value.get("size") if isinstance(value, dict) else None
    return isinstance(size, int | float) and size > limit


def _repeats_an_id(value: object) -> bool:
    if not isinstance(value, list):
        return False
    ids = [str(each["id"]) for each in value if isinstance(each, dict) and each.get("id")]
    return len(ids) != len(set(ids))


def _even(value: object) -> bool:
    text = str(value)
    return len(text) == 36 and text[-1] in "02468ace"

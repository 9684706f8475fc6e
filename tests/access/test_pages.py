"""The pages say what the code does."""

import os
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Table

from session_api.models import METADATA
from tests.access import data
from tests.access import page as access
from tests.access.observing import observed
from tests.support.operations import guarded
from tests.support.people import MovableClock, Person

WRITE = "SESSION_API_TEST_WRITE_PAGES"


def holds(page: Path, made: str) -> None:
    """The page is as it is made now; `make pages` writes it instead."""
    if os.environ.get(WRITE) == "1":
        page.write_text(made)
    assert page.read_text() == made, f"{page.name} is out of date: run `make pages`"


async def test_the_page_of_access_is_what_the_service_does(
    ann: Person, app: FastAPI, clock: MovableClock
) -> None:
    holds(access.PAGE, access.page(await observed(guarded(), ann, app, clock)))


def test_the_page_of_data_names_every_column() -> None:
    holds(data.PAGE, data.page())


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=lambda table: table.name)
def test_every_column_is_of_one_kind(table: Table) -> None:
    unclear = {name: kinds for name, kinds in data.kinds_of(table).items() if len(kinds) != 1}
    assert unclear == {}, "say in tests/access/data.py of which kind it is"


def test_no_kind_claims_what_is_not_there() -> None:
    assert data.unknown_names() == set()

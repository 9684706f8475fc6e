"""The document that the client's types are made from is the one that the service serves."""

import os

from fastapi import FastAPI

from tests.clients.document import FILE, document

WRITE = "SESSION_API_TEST_WRITE_PAGES"


def test_the_committed_document_is_the_one_that_is_served(app: FastAPI) -> None:
    made = document(app)
    if os.environ.get(WRITE) == "1":
        FILE.write_text(made)
    assert FILE.read_text() == made, f"{FILE.name} is out of date: run `make pages`"


def test_the_document_loses_its_examples_and_nothing_else(app: FastAPI) -> None:
    served, kept = app.openapi(), document(app)

    assert '"examples"' not in kept
    for name in served["components"]["schemas"]:
        assert f'"{name}": ' in kept
    for path in served["paths"]:
        assert f'"{path}": ' in kept
    assert '"version_mismatch": 412' in kept

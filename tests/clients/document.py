"""The OpenAPI document as `clients/typescript/openapi.json` keeps it, for types to be made from."""

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from session_api.problems import CATALOGUE

FILE = Path(__file__).parents[2] / "clients" / "typescript" / "openapi.json"


def document(app: FastAPI) -> str:
    """The whole document but its examples, which are most of it and say nothing to types; and the
    catalogue of problems, which the document itself has only by example.
    """
    kept = _without_examples(app.openapi())
    # Tests make problems of their own, which are no part of the service.
    ours = {code for code, kind in CATALOGUE.items() if kind.__module__.startswith("session_api.")}
    kept["x-problems"] = {code: CATALOGUE[code].status for code in sorted(ours)}
    return json.dumps(kept, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _without_examples(part: Any, *, names_are_data: bool = False) -> Any:
    """`names_are_data` where the keys are names that somebody gave, such as of properties."""
    if isinstance(part, list):
        return [_without_examples(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _without_examples(value, names_are_data=not names_are_data and key in _NAMED)
        for key, value in part.items()
        if names_are_data or key not in ("example", "examples")
    }


_NAMED = {"properties", "schemas", "parameters", "responses", "headers", "paths"}

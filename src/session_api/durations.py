"""Lengths of time, as people write them in settings."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, TypeAdapter

LONGEST_DURATION = timedelta(days=36_525)

_ISO_DURATION: TypeAdapter[timedelta] = TypeAdapter(timedelta)


def parse_duration(value: Any) -> timedelta:
    """Seconds (`90`, `"0.5"`) or an ISO 8601 duration (`PT24H`, `P7D`), up to 100 years.

    Raises ValueError for anything else.
    """
    if isinstance(value, str):
        text = value.strip()
        try:
            value = float(text)
        except ValueError:
            if not text.upper().startswith("P"):
                raise ValueError("give seconds or an ISO 8601 duration such as PT24H") from None
            value = text.upper()
    duration = _ISO_DURATION.validate_python(value)
    if not timedelta(0) <= duration <= LONGEST_DURATION:
        raise ValueError("a duration is between 0 and 100 years")
    return duration


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]

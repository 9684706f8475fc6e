"""One log format for the whole process: JSON lines, or readable ones in a terminal."""

import logging
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from types import TracebackType
from typing import cast

import structlog

# Their messages quote rows, parameters and input: what people wrote, which no log may hold.
_TALKATIVE = ("asyncpg", "sqlalchemy", "pydantic", "pydantic_core", "fastapi")

LINES: Counter[str] = Counter()
"""How many lines this process has logged, by level. The log is the process's, and so are they."""

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def configure_logging(*, as_json: bool | None) -> None:
    """Sends our events and those of libraries to standard error, one line each, in UTC.

    `as_json=None` means readable lines in a terminal and JSON anywhere else.
    """
    if as_json is None:
        as_json = not sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        describe_exception,
        _count_line,
    ]
    last: list[structlog.typing.Processor] = (
        [structlog.processors.JSONRenderer()]
        if as_json
        else [
            _without_controls,
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    )
    structlog.configure(
        processors=[*shared, *last],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_without_drawn_exceptions, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)


def _count_line(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    LINES[event["level"]] += 1
    return event


def _without_controls(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Nobody writes a line of their own into a terminal, or moves its cursor. JSON escapes anyway;
    the frames of an exception are ours, and stay lines.
    """
    for key, value in event.items():
        if isinstance(value, str) and key != "exception" and not value.isprintable():
            event[key] = value.encode("unicode_escape").decode("ascii")
    return event


def _without_drawn_exceptions(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """asyncio draws the task, and with it the message of its exception, below its first line."""
    if event["_record"].name == "asyncio":
        event["event"] = str(event["event"]).partition("\n")[0]
    return event


def describe_exception(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Puts what is needed to find a fault in place of `exc_info`, and nothing that people wrote.

    The types along the chain of causes, the database's code and constraint, and the frames; never
    local variables, and no messages where a library that quotes data has a part: the driver's
    causes are Python's own errors, about the very value that a person sent.
    """
    given = event.pop("exc_info", None)
    if not given:
        return event
    error = given if isinstance(given, BaseException) else _present(given)
    if error is not None:
        links = list(_chain(error))
        quiet = any(type(link).__module__.partition(".")[0] in _TALKATIVE for link in links)
        event["exception"] = "\n".join(
            line for link in links for line in (_headline(link, quiet=quiet), *_frames(link))
        )
    return event


def _present(given: object) -> BaseException | None:
    info = given if isinstance(given, tuple) else sys.exc_info()
    return cast(ExceptionInfo, info)[1]


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what it came from, and what a group holds; each once."""
    seen: set[int] = set()
    ahead = [error]
    while ahead:
        link = ahead.pop()
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        origin = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
        ahead += [] if origin is None else [origin]
        ahead += link.exceptions if isinstance(link, BaseExceptionGroup) else ()


def _headline(error: BaseException, *, quiet: bool) -> str:
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}"
    facts = [
        f"{fact}={value}"
        for fact in ("sqlstate", "constraint_name", "table_name")
        if isinstance(value := getattr(error, fact, None), str)
    ]
    return " ".join([name, *facts]) if quiet or facts else f"{name}: {error}"


def _frames(error: BaseException) -> Iterator[str]:
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"

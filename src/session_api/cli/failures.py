"""What a person is told when a command can't do its work."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError

from session_api.assets.cleanup import ForeignStore
from session_api.bootstrap import StartRefused
from session_api.database.embedded import EmbeddedPostgresError
from session_api.database.migrations import MigrationRefused
from session_api.database.roles import RolesUnfit
from session_api.problems import Problem
from session_api.settings import MIGRATION_URL


class Failure(Exception):
    """A command can't go on; the message is for the person at the terminal."""


def one_line(error: BaseException) -> str:
    """The message of an error, on one line."""
    return " ".join(str(error).split())


def _what_the_database_says(error: BaseException | None) -> str:
    """PostgreSQL's message without its DETAIL, which quotes rows."""
    link = error
    while link is not None:
        if isinstance(link, (asyncpg.PostgresError, asyncpg.ClientConfigurationError)):
            return " ".join(str(link.args[0]).split()) if link.args else type(link).__name__
        link = link.__cause__
    return type(error).__name__


def _address(error: BaseException) -> str:
    """The variable whose address an error came by."""
    notes = getattr(error, "__notes__", ())
    return MIGRATION_URL if MIGRATION_URL in notes else "DATABASE_URL"


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """Turns what can go wrong outside of us into a Failure."""
    try:
        yield
    except (StartRefused, EmbeddedPostgresError, ForeignStore, RolesUnfit) as error:
        raise Failure(one_line(error)) from error
    except Problem as problem:
        raise Failure(f"{problem.detail} {problem.remedy}") from problem
    except MigrationRefused as error:
        raise Failure(f"the database was made by another version: {one_line(error)}") from error
    except (DBAPIError, asyncpg.PostgresError) as error:
        said = _what_the_database_says(error)
        raise Failure(f"the database at {_address(error)} refuses: {said}") from error
    except ConnectionRefusedError as error:
        raise Failure(f"the database at {_address(error)} refuses connections") from error
    except socket.gaierror as error:
        raise Failure(f"the host in {_address(error)} is not known") from error
    except TimeoutError as error:
        raise Failure(f"the database at {_address(error)} does not answer") from error
    except OSError as error:
        raise Failure(one_line(error)) from error

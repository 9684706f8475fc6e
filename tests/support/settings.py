"""Settings that tests start from."""

import functools
import itertools
import tempfile
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from session_api.settings import Settings
from tests.support.database import as_service

SECRET = "a secret of the tests alone, 32 bytes or more"
KEYS = "test:dzpPopuI4/KNx+qnj3WNpMLS2v0Vek+qyopYqciI7cE="

# Of this test process; it goes when that ends.
_FILES = tempfile.TemporaryDirectory(prefix="session-api-files-")
_folders = itertools.count()


def test_settings(database_url: str, **changes: Any) -> Settings:
    """A service on this database, with `changes` to what tests usually want.

    On our own server it runs as the role that owns nothing, as `session-api serve` does: a
    privilege that it lacks fails the test.
    """
    if changes:
        return _checked(database_url, **changes)
    # Most tests change nothing, and checking fifty settings takes longer than a request.
    service_url = as_service(database_url)
    ours = {
        "database_url": SecretStr(service_url),
        "migration_url": None if service_url == database_url else SecretStr(database_url),
        "storage": _new_storage(),
    }
    return _usual().model_copy(update=ours)


def patient_settings(database_url: str) -> Settings:
    """Where many more ask at once than there are connections, and all are to be let in: who comes
    last waits for seconds on a slow machine.
    """
    return test_settings(database_url, pool_timeout=timedelta(seconds=60))


def _checked(database_url: str, **changes: Any) -> Settings:
    service_url = as_service(database_url)
    values: dict[str, Any] = {
        "database_url": service_url,
        "migration_url": None if service_url == database_url else database_url,
        "jwt_secret": SECRET,
        "encryption_keys": KEYS,
        "storage": _new_storage(),
        "rate_limits": "off",
        "pool_size": 5,
        "jobs_enabled": False,
        # Tests that walk over all operations meet a stream as well, and read it to its end.
        "stream_longest": timedelta(milliseconds=50),
        "guests": True,
        **changes,
    }
    return Settings(**values)


@functools.cache
def _usual() -> Settings:
    return _checked("postgresql://nowhere/nothing")


def _new_storage() -> str:
    return f"file://{_FILES.name}/{next(_folders)}"


# pytest would take the name for a test.
test_settings.__test__ = False  # type: ignore[attr-defined]

"""Settings that tests start from."""

import itertools
import tempfile
from typing import Any

from session_api.settings import Settings

SECRET = "a secret of the tests alone, 32 bytes or more"
KEYS = "test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

# Of this test process; it goes when that ends.
_FILES = tempfile.TemporaryDirectory(prefix="session-api-files-")
_folders = itertools.count()


def test_settings(database_url: str, **changes: Any) -> Settings:
    """A service on this database, with `changes` to what tests usually want."""
    values: dict[str, Any] = {
        "database_url": database_url,
        "jwt_secret": SECRET,
        "encryption_keys": KEYS,
        "storage": f"file://{_FILES.name}/{next(_folders)}",
        "rate_limits": "off",
        "pool_size": 5,
        "jobs_enabled": False,
        **changes,
    }
    return Settings(**values)


# pytest would take the name for a test.
test_settings.__test__ = False  # type: ignore[attr-defined]

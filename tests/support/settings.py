"""Settings that tests start from."""

from typing import Any

from session_api.settings import Settings

SECRET = "a secret of the tests alone, 32 bytes or more"
KEYS = "test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def test_settings(database_url: str, **changes: Any) -> Settings:
    """A service on this database, with `changes` to what tests usually want."""
    values: dict[str, Any] = {
        "database_url": database_url,
        "jwt_secret": SECRET,
        "encryption_keys": KEYS,
        "pool_size": 5,
        "jobs_enabled": False,
        **changes,
    }
    return Settings(**values)


# pytest would take the name for a test.
test_settings.__test__ = False  # type: ignore[attr-defined]

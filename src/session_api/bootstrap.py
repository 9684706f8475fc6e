"""Choosing the real parts: which database, which secrets, and when to refuse to start."""

import difflib
import json
import os
import secrets as randomness
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from session_api.assets.storage.location import parse_location
from session_api.database.embedded import kept_running, open_embedded
from session_api.database.urls import driver_url
from session_api.security import KeyRing, SharedSecret, generate_key_entry
from session_api.security.counting import require_store
from session_api.security.oidc import trusted_issuers
from session_api.security.public_secrets import require_own_keys, require_own_secret
from session_api.security.rate_limits import Limits
from session_api.settings import ENV_PREFIX, MIGRATION_URL, Settings
from session_api.telemetry import require_tracing

DEFAULT_DATA = Path(".session-api")
_SECRETS_FILE = "secrets.json"
_OF_DEVELOPMENT = ("guests", "demo")  # on where tokens are handed out, unless somebody says else


class StartRefused(Exception):
    """The service won't start like this. The message is one line that says what to do."""


@dataclass(frozen=True)
class Prepared:
    """Settings that are complete. `development` tells that the secrets are of our own making, so
    that tokens may be handed out for the asking.
    """

    settings: Settings
    development: bool
    notes: tuple[str, ...]


def read_settings(environment: Mapping[str, str] = os.environ) -> tuple[Settings, list[str]]:
    """The settings, and remarks on variables that have no effect. Raises StartRefused."""
    remarks = _remarks(environment)
    try:
        settings = Settings()
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        field = str(fault["loc"][0]) if fault["loc"] else ""
        name = "DATABASE_URL" if field == "DATABASE_URL" else f"{ENV_PREFIX}{field.upper()}"
        reason = str(fault["msg"]).removeprefix("Value error, ")
        raise StartRefused(f"{name}: {reason}" if field else reason) from None
    if settings.jwt_secret is not None:
        with _refusing(f"{ENV_PREFIX}JWT_SECRET: "):
            SharedSecret(settings.jwt_secret.get_secret_value(), issuer=settings.jwt_issuer)
    with _refusing(f"{ENV_PREFIX}OIDC_ISSUERS: "):
        trusted_issuers(settings)
    if settings.encryption_keys is not None:
        with _refusing(f"{ENV_PREFIX}ENCRYPTION_KEYS: "):
            KeyRing.parse(settings.encryption_keys.get_secret_value())
    if not settings.development:
        _refuse_public_secrets(settings)
    with _refusing(f"{ENV_PREFIX}RATE_LIMITS: "):
        Limits.parse(settings.rate_limits)
    if settings.redis_url is not None:
        with _refusing(f"{ENV_PREFIX}REDIS_URL: "):
            require_store(settings.redis_url.get_secret_value())
    with _refusing(f"{ENV_PREFIX}TRACES_ENDPOINT: "):
        require_tracing(settings)
    if settings.storage is not None:
        with _refusing(f"{ENV_PREFIX}STORAGE: "):
            parse_location(settings.storage)
    if settings.database_url is not None:
        with _refusing(""):
            driver_url(settings.database_url.get_secret_value())
    if settings.migration_url is not None:
        if settings.database_url is None:
            raise StartRefused(f"{MIGRATION_URL} needs DATABASE_URL beside it")
        with _refusing(""):
            driver_url(settings.migration_url.get_secret_value(), MIGRATION_URL)
    return settings, remarks


def _refuse_public_secrets(settings: Settings) -> None:
    if settings.jwt_secret is not None:
        with _refusing(f"{ENV_PREFIX}JWT_SECRET: "):
            require_own_secret(settings.jwt_secret.get_secret_value())
    if settings.encryption_keys is not None:
        with _refusing(f"{ENV_PREFIX}ENCRYPTION_KEYS: "):
            require_own_keys(settings.encryption_keys.get_secret_value())


def _remarks(environment: Mapping[str, str]) -> list[str]:
    """What to say of variables that look like ours and are not."""
    known = {f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields} - {
        f"{ENV_PREFIX}DATABASE_URL"
    }
    remarks = []
    for name in sorted(environment.keys() - known):
        if not name.startswith(ENV_PREFIX):
            continue
        close = difflib.get_close_matches(name, known | {"DATABASE_URL"}, 1)
        remarks.append(
            f"{name} is not a setting" + (f"; did you mean {close[0]}?" if close else "")
        )
    return remarks


@contextmanager
def _refusing(prefix: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise StartRefused(f"{prefix}{error}") from None


@contextmanager
def prepared(data: Path) -> Iterator[Prepared]:
    """Complete settings: those of the environment, else an embedded PostgreSQL and secrets in the
    data folder. The database runs as long as the block lasts, and comes back if it dies alone.

    Raises StartRefused and EmbeddedPostgresError.
    """
    settings, notes = read_settings()
    if settings.storage is None:
        settings = settings.model_copy(update={"storage": (data / "files").absolute().as_uri()})
        if settings.database_url is not None:
            notes.append(
                f"files are kept in {data / 'files'}; with several machines, set "
                f"{ENV_PREFIX}STORAGE to a store that they share"
            )
    if settings.database_url is not None:
        _require_secrets(settings)
        yield Prepared(settings, development=False, notes=tuple(notes))
        return
    had_database = (data / "postgres" / "cluster").exists()
    with open_embedded(data) as embedded, kept_running(embedded):
        found: dict[str, Any] = {
            "database_url": SecretStr(embedded.service_url),
            "migration_url": SecretStr(embedded.url),
        }
        development = settings.jwt_secret is None and settings.oidc_issuers is None
        if development or settings.encryption_keys is None:
            kept = _kept_secrets(data)
            if kept is None and had_database and settings.encryption_keys is None:
                raise StartRefused(
                    f"{data} holds a database but no longer {_SECRETS_FILE}, the key of its "
                    f"metadata: restore that file, or set {ENV_PREFIX}ENCRYPTION_KEYS"
                )
            if kept is None:
                kept = _make_secrets(data)
                notes.append(f"made an encryption key and a signing secret in {data}; keep them")
            if development:
                found |= {name: True for name in _OF_DEVELOPMENT if getattr(settings, name) is None}
                found["jwt_secret"] = SecretStr(kept["jwt_secret"])
            found["encryption_keys"] = settings.encryption_keys or SecretStr(
                kept["encryption_keys"]
            )
        yield Prepared(settings.model_copy(update=found), development, tuple(notes))


def signing_secret(data: Path) -> tuple[Settings, str]:
    """The secret that development tokens are signed with; made if there is none yet.

    Raises StartRefused.
    """
    settings, _ = read_settings()
    if settings.jwt_secret is not None:
        return settings, settings.jwt_secret.get_secret_value()
    if settings.oidc_issuers is not None:
        raise StartRefused(
            f"with {ENV_PREFIX}OIDC_ISSUERS tokens come from those issuers; only where "
            f"{ENV_PREFIX}JWT_SECRET is set as well can they be made here"
        )
    if settings.database_url is not None:
        _require_secrets(settings)
    try:
        kept = _kept_secrets(data)
        if kept is None:
            if (data / "postgres" / "cluster").exists():
                raise StartRefused(f"{data} has no {_SECRETS_FILE}; start the service first")
            data.mkdir(mode=0o711, parents=True, exist_ok=True)
            kept = _make_secrets(data)
    except OSError as error:
        raise StartRefused(f"{data}: {error.strerror}") from error
    return settings, kept["jwt_secret"]


def as_environment(settings: Settings) -> dict[str, str]:
    """What worker processes must be told that they can't find out by themselves."""
    assert settings.database_url is not None  # noqa: S101 - they are complete
    assert settings.encryption_keys is not None  # noqa: S101
    assert settings.storage is not None  # noqa: S101
    told = {
        f"{ENV_PREFIX}STORAGE": settings.storage,
        "DATABASE_URL": settings.database_url.get_secret_value(),
        f"{ENV_PREFIX}ENCRYPTION_KEYS": settings.encryption_keys.get_secret_value(),
    }
    for name in _OF_DEVELOPMENT:
        if (chosen := getattr(settings, name)) is not None:
            told[f"{ENV_PREFIX}{name.upper()}"] = "on" if chosen else "off"
    if settings.jwt_secret is not None:
        told[f"{ENV_PREFIX}JWT_SECRET"] = settings.jwt_secret.get_secret_value()
    return told


def _require_secrets(settings: Settings) -> None:
    missing = []
    if settings.jwt_secret is None and settings.oidc_issuers is None:
        missing.append(f'{ENV_PREFIX}JWT_SECRET="$(openssl rand -base64 48)"')
    if settings.encryption_keys is None:
        missing.append(f'{ENV_PREFIX}ENCRYPTION_KEYS="k1:$(openssl rand -base64 32)"')
    if missing:
        raise StartRefused(
            "with DATABASE_URL the secrets must be yours, kept and the same in every process: "
            f"export {' '.join(missing)}"
        )


def _kept_secrets(data: Path) -> dict[str, str] | None:
    path = data / _SECRETS_FILE
    try:
        found = json.loads(path.read_text())
        return {name: str(found[name]) for name in ("jwt_secret", "encryption_keys")}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise StartRefused(f"{path} is damaged; restore it from a copy") from None
    except OSError as error:
        raise StartRefused(f"{path} can't be read: {error.strerror}") from None


def _make_secrets(data: Path) -> dict[str, str]:
    """Written whole or not at all; of two processes that make them at once, one wins."""
    made = {
        "jwt_secret": randomness.token_urlsafe(48),
        "encryption_keys": generate_key_entry("development"),
    }
    draft = data / f"{_SECRETS_FILE}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(made, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, data / _SECRETS_FILE)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    kept = _kept_secrets(data)
    assert kept is not None  # noqa: S101 - linked above, by us or by the winner
    return kept

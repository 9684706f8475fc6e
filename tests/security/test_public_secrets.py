"""Secrets that others know are refused, and those that nobody knows never are."""

import base64
import re
import secrets
from pathlib import Path

import pytest

from session_api.bootstrap import StartRefused, read_settings
from session_api.security.public_secrets import require_own_keys, require_own_secret

COMPOSE = (Path(__file__).parents[2] / "docker-compose.yml").read_text()
PUBLIC = {
    "ours": re.findall(r"SESSION_API_JWT_SECRET:-([^}]+)}", COMPOSE)[0],
    "a tutorial's": "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "a page's": "a-string-secret-at-least-256-bits-long",
    "a product's": "super-secret-jwt-token-with-at-least-32-characters-long",
    "a template's": "please-Change_Me-before-you-deploy-this-thing",
    "one letter": "x" * 64,
    "a word again": "opensesame" * 4,
    "few letters": "1212121221212121212211221212121212",
    "a password": "correct-horse-password-battery-staple",
}
KEYS = {
    "ours": re.findall(r"SESSION_API_ENCRYPTION_KEYS:-([^}]+)}", COMPOSE)[0],
    "counted": "k:" + base64.b64encode(bytes(range(32))).decode(),
    "zeros": "k:" + base64.b64encode(bytes(32)).decode(),
    "text": "k:" + base64.b64encode(b"this is a key of 32 characters!!").decode(),
}


@pytest.mark.parametrize("secret", PUBLIC.values(), ids=PUBLIC)
def test_a_secret_that_is_public_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(ValueError, match="openssl rand -base64 48") as refused:
        require_own_secret(secret)
    assert secret not in str(refused.value)


@pytest.mark.parametrize("ring", KEYS.values(), ids=KEYS)
def test_a_key_that_is_public_is_refused_wherever_it_stands(ring: str) -> None:
    own = "own:" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    require_own_keys(own)
    with pytest.raises(ValueError, match="encryption key 2 is an example"):
        require_own_keys(f"{own},{ring}")


def test_what_is_random_is_taken() -> None:
    for _ in range(2000):
        require_own_secret(secrets.token_urlsafe(48))
        require_own_secret(secrets.token_hex(32))
        require_own_keys("k:" + base64.b64encode(secrets.token_bytes(32)).decode())


@pytest.mark.parametrize("variable", ["JWT_SECRET", "ENCRYPTION_KEYS"])
def test_a_start_is_refused_but_where_it_is_said_to_be_for_development(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    name = f"SESSION_API_{variable}"
    monkeypatch.setenv(name, {"JWT_SECRET": PUBLIC, "ENCRYPTION_KEYS": KEYS}[variable]["ours"])
    with pytest.raises(StartRefused, match=f"{name}: .*SESSION_API_DEVELOPMENT=true"):
        read_settings()
    monkeypatch.setenv("SESSION_API_DEVELOPMENT", "true")
    settings, _ = read_settings()
    assert settings.development


def test_the_compose_file_says_that_it_is_for_development_and_can_be_told_otherwise() -> None:
    assert "SESSION_API_DEVELOPMENT: ${SESSION_API_DEVELOPMENT:-true}" in COMPOSE

"""Addresses of PostgreSQL as people write them."""

import pytest

from session_api.database.urls import driver_url


def test_options_of_libpq_become_the_drivers() -> None:
    url, options = driver_url(
        "postgres://ann@db:5433/x?sslmode=require&connect_timeout=7&application_name=shop"
    )
    assert url.render_as_string() == "postgresql+asyncpg://ann@db:5433/x"
    assert options == {
        "ssl": "require",
        "timeout": 7,
        "server_settings": {"application_name": "shop"},
    }


def test_a_folder_of_sockets_and_its_port_stay() -> None:
    url, options = driver_url("postgresql://ann@/x?host=/run/postgresql&port=5433")
    assert dict(url.query) == {"host": "/run/postgresql", "port": "5433"}
    assert options == {}


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("db:abc/x", "not an address"),
        ("db:65536/x", "the port in DATABASE_URL"),
        ("db:0/x", "the port in DATABASE_URL"),
        ("/x?host=/run&port=abc", "the port in DATABASE_URL"),
        ("db/x?options=-c%20jit%3Don", "options, which is not known here"),
        ("db/x?sslmode=perhaps", "sslmode in DATABASE_URL is one of disable, "),
        ("db/x?sslmode=allow&sslmode=require", "sslmode more than once"),
        ("db/x?connect_timeout=soon", "connect_timeout in DATABASE_URL"),
        ("db/x?connect_timeout=0", "connect_timeout in DATABASE_URL"),
        ("db/x?connect_timeout=99999999999", "connect_timeout in DATABASE_URL"),
    ],
)
def test_what_is_not_understood_is_named_and_the_password_is_not(rest: str, reason: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL") as refused:
        driver_url(f"postgresql://ann:hush@{rest}")
    assert reason in str(refused.value)
    assert "hush" not in str(refused.value)

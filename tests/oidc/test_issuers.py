"""Which issuers an operator can name, and where their keys may be fetched."""

import pytest

from session_api.security.oidc.issuers import (
    MAX_ISSUERS,
    TrustedIssuer,
    is_safe_to_ask,
    parse_issuers,
)


def test_issuers_come_with_their_audiences() -> None:
    found = parse_issuers(" https://id.example/realms/a|https://us.example ,http://[::1]:9|us")
    assert found == (
        TrustedIssuer("https://id.example/realms/a", "https://us.example"),
        TrustedIssuer("http://[::1]:9", "us"),
    )
    assert [issuer.is_local for issuer in found] == [False, True]


@pytest.mark.parametrize("url", ["https://id.example", "https://id.example/"])
def test_discovery_is_below_the_issuer(url: str) -> None:
    at = "https://id.example/.well-known/openid-configuration"
    assert TrustedIssuer(url, "us").discovery_url == at


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://id.example",
        "https://id.example|",
        "|us",
        "https://id.example|us|them",
        "http://id.example|us",
        "id.example|us",
        "https://|us",
        "https:///path|us",
        "https://id.example?x=1|us",
        "https://id.example#x|us",
        "https://user:pass@id.example|us",
        "https://id.example:port|us",
        "https://id .example|us",
        "https://idé.example|us",
        "http://127.0.0.1.evil.example|us",
        "http://localhost.evil.example|us",
        "ftp://localhost|us",
        "file:///etc/passwd|us",
        "https://[::1|us",
        "https://id.example/" + "a" * 255 + "|us",
        "https://id.example|" + "a" * 256,
        "https://id.example|us, https://id.example|them",
        ",".join(f"https://{n}.example|us" for n in range(MAX_ISSUERS + 1)),
    ],
)
def test_what_is_no_issuer_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=r"issuer|at most") as refusal:
        parse_issuers(text)
    assert "example" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "local", "safe"),
    [
        ("https://keys.example/jwks", False, True),
        ("https://keys.example/jwks?x=1", False, True),
        ("http://127.0.0.1:9/jwks", True, True),
        ("http://127.0.0.1:9/jwks", False, False),
        ("http://169.254.169.254/latest", True, False),
        ("http://keys.example/jwks", True, False),
        ("https://user@keys.example/jwks", False, False),
        ("https://keys.example/jwks#x", False, False),
        ("https://keys.example/\r\nHost: x", False, False),
        ("//keys.example/jwks", False, False),
        ("jwks", False, False),
    ],
)
def test_keys_are_fetched_over_tls_or_on_this_machine(url: str, local: bool, safe: bool) -> None:
    assert is_safe_to_ask(url, of_local_issuer=local) is safe

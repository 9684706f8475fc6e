"""Which keys verify what, and what is never taken for a secret (traps 10 to 13)."""

import json
from base64 import b64encode
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from session_api.problems import TokenInvalid
from session_api.security import SharedSecret, TokenHeader, TokenVerifier, VerificationKey

from .forging import SECRET, Clock, claims_with, forge, verifier

SECOND = timedelta(seconds=1)


class BrokenKeys:
    """A source that offers a key of another algorithm than the header names."""

    keys_withdrawn = 0

    def key_for(self, header: TokenHeader) -> VerificationKey:  # noqa: ARG002 - as the port has it
        key = SharedSecret(SECRET, issuer=None).key_for(TokenHeader("HS256", None, None))
        return VerificationKey(algorithm="RS256", key=key.key, issuer=None)


def test_a_key_verifies_nothing_but_its_own_algorithm() -> None:
    broken = TokenVerifier(BrokenKeys(), audience=None, leeway=SECOND, clock=Clock())
    with pytest.raises(TokenInvalid):
        broken.verify(forge())


class TwoIssuers:
    """Two issuers that use the same kid scheme: the kid chooses, the key names its issuer."""

    keys_withdrawn = 0

    def __init__(self) -> None:
        self.sources = {
            "a": SharedSecret("a" * 32, issuer="https://a.example"),
            "b": SharedSecret("b" * 32, issuer="https://b.example"),
        }

    def key_for(self, header: TokenHeader) -> VerificationKey:
        return self.sources[header.kid or ""].key_for(header)


def test_one_issuers_key_does_not_vouch_for_another() -> None:
    both = TokenVerifier(TwoIssuers(), audience=None, leeway=SECOND, clock=Clock())
    header = {"alg": "HS256", "kid": "a"}
    own = forge(claims_with(iss="https://a.example"), header, secret=b"a" * 32)
    foreign = forge(claims_with(iss="https://b.example"), header, secret=b"a" * 32)
    assert both.verify(own).issuer == "https://a.example"
    with pytest.raises(TokenInvalid):
        both.verify(foreign)


@pytest.mark.parametrize("secret", ["", "secret", "x" * 31, "é" * 15, b"\0" * 31])
def test_a_short_secret_is_refused(secret: str | bytes) -> None:
    with pytest.raises(ValueError, match="32"):
        SharedSecret(secret, issuer=None)


@pytest.mark.parametrize(
    "secret", ["x" * 32, "é" * 16, "1" * 40, '["' + "a" * 40 + '"]', "ey" * 40]
)
def test_a_long_secret_is_taken_as_it_is(secret: str) -> None:
    # Text that happens to be JSON would be parsed by python-jose were it not given a key object.
    token = forge(secret=secret.encode())
    assert verifier(secret=secret).verify(token).subject == "ada"


def _key_files() -> dict[str, bytes]:
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private: dict[str, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Ed25519PrivateKey] = {
        "rsa": rsa_key,
        "ec": ec.generate_private_key(ec.SECP256R1()),
        "ed25519": Ed25519PrivateKey.generate(),
    }
    files = {
        "pkcs1-der": rsa_key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1),
        "jwk": json.dumps({"kty": "RSA", "n": "x" * 300, "e": "AQAB"}).encode(),
        "jwk-oct": json.dumps({"kty": "oct", "k": "x" * 43}).encode(),
        "jwks": json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "x": "x" * 43}]}).encode(),
    }
    for name, key in private.items():
        public = key.public_key()
        for form, encoding in (("pem", Encoding.PEM), ("der", Encoding.DER)):
            files[f"{name}-public-{form}"] = public.public_bytes(
                encoding, PublicFormat.SubjectPublicKeyInfo
            )
            files[f"{name}-private-{form}"] = key.private_bytes(
                encoding, PrivateFormat.PKCS8, NoEncryption()
            )
        files[f"{name}-openssh"] = public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return files


_KEY_FILES = _key_files()


@pytest.mark.parametrize("name", _KEY_FILES)
def test_a_key_file_is_refused_as_a_secret(name: str) -> None:
    content = _KEY_FILES[name]
    for form in (content, b64encode(content), b64encode(content).rstrip(b"=") + b"\n"):
        with pytest.raises(ValueError, match="asymmetric") as refusal:
            SharedSecret(form, issuer=None)
        assert form.decode("latin-1")[:40] not in str(refusal.value)


def test_a_secret_that_is_no_text_is_refused_without_naming_it() -> None:
    with pytest.raises(ValueError, match="UTF-8") as refusal:
        SharedSecret("\udcff" + "x" * 40, issuer=None)
    assert refusal.value.__suppress_context__
    assert "xxx" not in str(refusal.value)


def test_nothing_of_a_secret_shows_in_reprs() -> None:
    source = SharedSecret(SECRET, issuer="x")
    key = source.key_for(TokenHeader("HS256", None, None))
    assert "secret for tests" not in repr((source, key, verifier()))

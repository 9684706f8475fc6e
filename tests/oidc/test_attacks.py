"""Every published attack on tokens that we know of, over HTTP, against a service that trusts an
identity provider and has a shared secret as well: each is refused, and none costs an error.

python-jose: CVE-2024-33663 (public keys as HMAC secrets), CVE-2024-33664 and CVE-2024-29370
(compressed JWE), and what its version 3.5.0 still takes, by reports without a number: DER keys, and
the padding oracle of its JWE. CVE-2016-7036 and, in its dependency ecdsa, CVE-2024-23342 are about
time; what we use of it compares and computes in OpenSSL. PyJWT: CVE-2022-29217, CVE-2024-53861,
CVE-2026-32597 and CVE-2026-48526. Java: CVE-2022-21449. The rest is RFC 8725 § 2 and § 3 and their
successor's draft, by section.
"""

import hashlib
import hmac
import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI
from jose import jwe
from structlog.testing import capture_logs

from session_api.ports import new_id
from session_api.security import KeyRing, PurposeTokens
from session_api.security.oidc.jwks import MIN_RSA_BITS, read_key_set
from session_api.security.verification import hmac_key
from tests.oidc.conftest import Visitor
from tests.support.issuers import Issuer, SigningKey, b64, ok, private_key
from tests.support.people import MovableClock
from tests.support.settings import KEYS
from tests.support.workspace import Sql, all_rows

_HOUR = timedelta(hours=1)
EVIL = SigningKey.made("k1", number=66)
"""An attacker's own key, under the name of the provider's."""

Tokens = Mapping[str, str]


class Target:
    """The service, a good token for it, and what to forge others of."""

    def __init__(self, visitor: Visitor, idp: Issuer, clock: MovableClock, sql: Sql) -> None:
        self.idp = idp
        self.key = idp.keys[0]
        self.claims = idp.claims(clock().timestamp())
        self.good = self.key.token(self.claims)
        self.head, self.body, self.signature = self.good.split(".")
        self._visitor = visitor
        self._sql = sql

    def signed(self, claims: Any = None, header: Any = None, **changes: Any) -> str:
        """Truly signed, by the provider's own key."""
        return self.key.token(self.claims | changes if claims is None else claims, header)

    def hmac(self, secret: bytes, alg: str = "HS256", **header: Any) -> str:
        text = f"{b64({'alg': alg, 'kid': self.key.kid} | header)}.{self.body}"
        digest = "sha" + (alg[2:] if alg.startswith("HS") else "256")
        return f"{text}.{b64(hmac.digest(secret, text.encode(), digest))}"

    async def refuses(self, tokens: Tokens) -> None:
        """Each with 401, in the same words for a program, telling nothing and changing nothing."""
        assert tokens
        before = await all_rows(self._sql)
        wrong = {}
        for name, token in tokens.items():
            with capture_logs() as logs:
                answer = await self._visitor.brings(token, "POST")
            told = (answer.status_code, answer.json()["code"])
            if told != (401, "token_invalid") or "WWW-Authenticate" not in answer.headers:
                wrong[name] = told
            said = answer.text + str(logs)
            if any(part in said for part in token.split(".") if len(part) > 20):
                wrong[name] = (0, "repeats the token")
        assert wrong == {}
        assert await all_rows(self._sql) == before
        assert await self._visitor.is_let_in(self.good)


@pytest.fixture
async def target(visitor: Visitor, idp: Issuer, clock: MovableClock, sql: Sql) -> Target:
    made = Target(visitor, idp, clock, sql)
    assert await visitor.is_let_in(made.good)
    return made


# § 2.1, § 3.1: the algorithm


def _public_forms(key: SigningKey) -> Iterator[tuple[str, bytes]]:
    public = key.private.public_key()
    yield "PEM", key.pem
    yield "PEM without its last line end", key.pem.rstrip()
    yield "PEM with CRLF", key.pem.replace(b"\n", b"\r\n")
    yield "DER", key.der
    yield "DER in base64", b"".join(key.pem.splitlines()[1:-1])
    yield "DER in base64url", b64(key.der).encode()
    yield "OpenSSH", public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    yield "JWK", json.dumps(key.jwk).encode()
    yield "JWK, dense", json.dumps(key.jwk, separators=(",", ":")).encode()
    yield "key set", json.dumps({"keys": [key.jwk]}).encode()
    if "n" in key.jwk:
        yield "PKCS 1 PEM", public.public_bytes(Encoding.PEM, PublicFormat.PKCS1)
        yield "PKCS 1 DER", public.public_bytes(Encoding.DER, PublicFormat.PKCS1)
        yield "modulus", key.jwk["n"].encode()
    else:
        yield "point", public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@pytest.mark.parametrize("alg", ["RS256", "ES256", "PS256"])
async def test_a_public_key_is_no_hmac_secret(
    visitor: Visitor, idp: Issuer, clock: MovableClock, sql: Sql, alg: str
) -> None:
    """CVE-2024-33663, CVE-2022-29217, CVE-2026-48526, and DER, which python-jose still takes."""
    idp.keys = [SigningKey.made("k1", alg)]
    target = Target(visitor, idp, clock, sql)
    assert await visitor.is_let_in(target.good)
    await target.refuses(
        {
            f"{form}, {hs}": target.hmac(secret, hs)
            for form, secret in _public_forms(idp.keys[0])
            for hs in ("HS256", "HS384", "HS512")
        }
        # With the name of the right algorithm over it, too.
        | {f"{form}, as {alg}": target.hmac(secret, alg) for form, secret in _public_forms(EVIL)}
    )


async def test_no_signature_is_none_in_any_spelling(target: Target) -> None:
    spellings = ["none", "None", "NONE", "nOnE", "nonE", "none ", " none", "none\0", "", "null"]
    await target.refuses(
        {
            f"{alg!r} {ending!r}": f"{b64({'alg': alg, 'kid': 'k1'})}.{target.body}.{ending}"
            for alg in spellings
            for ending in ("", target.signature, "AA")
        }
        | {"no alg": f"{b64({'kid': 'k1'})}.{target.body}.{target.signature}"}
        | {"stripped": f"{target.head}.{target.body}", "emptied": f"{target.head}.{target.body}."}
    )


async def test_an_algorithm_is_compared_with_case_and_only_ours_count(target: Target) -> None:
    names = ["rs256", "Rs256", "RS256 ", "RS1", "RSA-OAEP", "EdDSA", "Ed25519", "ES256K", "ES512"]
    names += ["PS384", "PS512", "dir", "A128KW", "PBES2-HS256+A128KW", "ML-DSA-65", "HS256"]
    await target.refuses({alg: target.signed(header={"alg": alg}) for alg in names})


def test_what_is_used_of_python_jose_computes_in_openssl() -> None:
    keys = read_key_set(
        json.dumps({"keys": [EVIL.jwk, SigningKey.made("e", "ES256").jwk]}).encode()
    )
    made = [found.key for found in keys.values()] + [hmac_key(b"s" * 32)]
    modules = {type(key).__module__ for key in made}
    assert (len(made), modules) == (3, {"jose.backends.cryptography_backend"})


async def test_a_key_verifies_by_its_own_algorithm_only(target: Target) -> None:
    others = [alg for alg in ("RS384", "RS512", "PS256") if alg != target.key.alg]
    await target.refuses(
        {
            f"{said} over {done}": target.key.token(target.claims, {"alg": said}, signed_as=done)
            for done in (*others, "RS256")
            for said in (*others, "RS256")
            if (said, done) != ("RS256", "RS256")
        }
    )


# CVE-2024-33664, § 3.6 and successor § 3.13, § 3.15: encrypted and compressed


async def test_nothing_encrypted_or_compressed_is_opened(target: Target) -> None:
    bomb = b"\0" * 2**21
    secret = "k" * 32
    made = jwe.encrypt(bomb, secret, algorithm="dir", encryption="A256GCM", zip="DEF").decode()
    assert len(made) < 8192, "it must get past the limit on size"
    sealed = jwe.encrypt(b"x", secret, algorithm="dir", encryption="A128CBC-HS256").decode()
    *most, tag = sealed.split(".")
    packed = zlib.compress(json.dumps(target.claims).encode())[2:-4]
    many_rounds = b64({"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2s": "AA", "p2c": 2**31})
    await target.refuses(
        {
            "a bomb": made,
            "a sealed one": sealed,
            "a sealed one, of which an oracle would tell": ".".join([*most[:-1], "AAAA", tag]),
            "five parts": f"{many_rounds}.AA.AA.AA.AA",
            "five parts that are ours": f"{target.good}.AA.AA",
            "a compressed payload": target.signed(packed, {"zip": "DEF"}),
            "zip over a plain one": target.signed(header={"zip": "DEF"}),
            "enc": target.signed(header={"enc": "A128GCM"}),
        }
    )


# § 2.2, RFC 7515 § 4.1.11, RFC 7797: what a header asks for


async def test_a_header_that_asks_for_more_is_refused(target: Target) -> None:
    plain = f"{b64({'alg': 'RS256', 'kid': 'k1', 'b64': False, 'crit': ['b64']})}"
    raw = json.dumps(target.claims)
    await target.refuses(
        {
            "crit unknown": target.signed(header={"crit": ["x"], "x": 1}),
            "crit known": target.signed(header={"crit": ["exp"]}),
            "crit empty": target.signed(header={"crit": []}),
            "crit no list": target.signed(header={"crit": "b64"}),
            "b64 false": target.signed(header={"b64": False, "crit": ["b64"]}),
            "b64 false alone": target.signed(header={"b64": False}),
            "unencoded": f"{plain}.{raw}.{b64(target.key.sign(f'{plain}.{raw}'))}",
            "detached": f"{target.head}..{target.signature}",
            "a claim repeated in the header": target.signed(header={"iss": target.idp.url}),
            "cty": target.signed(header={"cty": "JWT"}),
        }
    )


async def test_no_key_is_taken_from_a_token(target: Target) -> None:
    """CVE-2018-0114 and its like: the attacker's key in the header, or the way to it."""
    certificate = b64(EVIL.der)
    offers: dict[str, dict[str, Any]] = {
        "jwk": {"jwk": EVIL.jwk},
        "jwk of no kind": {"jwk": {"kty": "oct", "k": "AA"}},
        "jku": {"jku": f"{target.idp.url}/jwks"},
        "jku elsewhere": {"jku": "https://evil.example/jwks"},
        "x5u": {"x5u": "https://evil.example/cert"},
        "x5c": {"x5c": [certificate]},
        "x5t": {"x5t": "AAAA"},
        "kid of the real key": {},
    }
    await target.refuses(
        {name: EVIL.token(target.claims, header) for name, header in offers.items()}
        | {
            f"{name}, truly signed": target.signed(header=header)
            for name, header in offers.items()
            if name.startswith(("jwk", "jku", "x5u", "x5c"))
        }
    )


async def test_a_kid_is_a_name_and_nothing_else(target: Target) -> None:
    kids: list[Any] = ["../../../../../../dev/null", "/dev/null", "file:///dev/null", "k1\0", "K1"]
    kids += ["' OR '1'='1", "k1' UNION SELECT 'secret", "$(id)", "|id", "{{7*7}}", "%s%n", " k1"]
    kids += ["https://evil.example/jwks", "http://169.254.169.254/latest/meta-data", "k" * 256]
    kids += [1, 1.5, True, [], ["k1"], {}, {"kid": "k1"}, "", "__proto__", "\ud800"]
    await target.refuses(
        {f"signed under {kid!r}": target.signed(header={"kid": kid}) for kid in kids}
        | {f"empty under {kid!r}": target.hmac(b"", kid=kid) for kid in kids}
        | {"null": target.key.token(target.claims, b'{"alg":"RS256","kid":null}')}
    )


# § 2.3, § 3.4: keys and signatures that are none


async def test_weak_and_foreign_keys_verify_nothing(target: Target) -> None:
    """The provider publishes them, and we still know better."""
    short = SigningKey("short", "RS256", private_key(f"RSA-{MIN_RSA_BITS // 2}"))
    foreign = SigningKey.made("foreign", "ES256K")
    long = SigningKey.made("long", "ES512")
    crossed = SigningKey("crossed", "ES256", private_key("P-384"))
    leaked = SigningKey.made("leaked", "ES256", number=5)
    off_curve = SigningKey.made("off", "ES256", number=6)
    for_encryption = SigningKey.made("enc", "ES256", number=7)
    twins = [SigningKey.made("twin", "ES256", number=number) for number in (8, 9)]
    keys = [short, foreign, long, crossed, leaked, off_curve, for_encryption, *twins]
    published = {key.kid: key.jwk for key in keys[:-1]}
    published["leaked"]["d"] = "AAAA"
    published["off"]["y"] = published["off"]["x"]
    published["enc"]["use"] = "enc"
    one = target.key.jwk | {"kid": "one", "e": "AQ"}  # everything is its own signature
    secret = {"kty": "oct", "kid": "oct", "alg": "HS256", "k": b64(b"s" * 32)}
    members = [target.key.jwk, *published.values(), twins[1].jwk, one, secret]
    target.idp.raw["/jwks"] = ok({"keys": [None, 7, [], {}, *members]})
    unsigned = f"{b64({'alg': 'RS256', 'kid': 'one'})}.{target.body}"
    await target.refuses(
        {f"{key.kid} {n}": key.token(target.claims) for n, key in enumerate(keys)}
        | {
            "foreign as ES256": foreign.token(target.claims, {"alg": "ES256"}, signed_as="ES256"),
            "crossed as ES384": crossed.token(target.claims, {"alg": "ES384"}, signed_as="ES384"),
            "exponent one": f"{unsigned}.{b64(_padded(unsigned))}",
            "oct": target.hmac(b"s" * 32, kid="oct"),
        }
    )


def _padded(text: str) -> bytes:
    """What a signature of PKCS 1 v1.5 is before the key's exponent (RFC 8017 § 9.2)."""
    of_sha256 = bytes.fromhex("3031300d060960864801650304020105000420")
    digest = of_sha256 + hashlib.sha256(text.encode()).digest()
    return b"\0\1" + b"\xff" * (256 - 3 - len(digest)) + b"\0" + digest


async def test_a_signature_must_be_one(
    visitor: Visitor, idp: Issuer, clock: MovableClock, sql: Sql
) -> None:
    """CVE-2022-21449 (zeros), DER in place of R and S, cut and lengthened ones."""
    idp.keys = [SigningKey.made("k1", "ES256")]
    target = Target(visitor, idp, clock, sql)
    assert await visitor.is_let_in(target.good)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    true = idp.keys[0].sign(f"{target.head}.{target.body}")
    r, s = int.from_bytes(true[:32], "big"), int.from_bytes(true[32:], "big")
    signatures = {
        "zeros": bytes(64),
        "r is zero": bytes(32) + true[32:],
        "the order": order.to_bytes(32, "big") * 2,
        "ones": b"\xff" * 64,
        "DER": encode_dss_signature(r, s),
        "cut": true[:-1],
        "lengthened": true + b"\0",
        "turned": true[32:] + true[:32],
        "empty": b"",
        "of another token": idp.keys[0].sign("x"),
    }
    await target.refuses(
        {name: f"{target.head}.{target.body}.{b64(made)}" for name, made in signatures.items()}
    )


# § 2.4, § 3.8 to § 3.12: whose token, for whom, of which kind, until when


async def test_a_token_lacks_nothing(target: Target) -> None:
    await target.refuses(
        {
            f"no {name}": target.signed({n: v for n, v in target.claims.items() if n != name})
            for name in ("exp", "sub", "aud", "iss")
        }
        | {f"{name} null": target.signed(**{name: None}) for name in ("exp", "sub", "aud", "iss")}
        | {"no claims": target.signed({}), "no object": target.signed([target.claims])}
    )


async def test_issuer_audience_and_subject_are_whole_names(target: Target) -> None:
    """CVE-2024-53861: a part of the issuer's name was as good as the name."""
    url, audience = target.idp.url, str(target.claims["aud"])
    issuers: list[Any] = [url[:-1], url[:4], "", "/", url + "/", url + "@evil.example", [url]]
    issuers += [{url: 1}, url.upper(), f"{url} ", f"{url}\0", "session-api"]
    audiences: list[Any] = [audience[:-1], audience + "/", audience.upper(), "", [], [audience[:9]]]
    audiences += [{audience: 1}, [[audience]], [audience, 7], f"other {audience}", 7, True, "*"]
    subjects: list[Any] = ["", 7, None, ["ann"], {"id": "ann"}, "a\0", "\ud800", "a" * 256, "\n"]
    await target.refuses(
        {f"iss {value!r}": target.signed(iss=value) for value in issuers}
        | {f"aud {value!r}": target.signed(aud=value) for value in audiences}
        | {f"sub {value!r}": target.signed(sub=value) for value in subjects}
    )


async def test_times_are_sensible_numbers(target: Target) -> None:
    times: list[Any] = ["tomorrow", "4000000000", None, True, [], {}, -1, 10**12, 10**30]
    raw = [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"9" * 4400, b"0x7fffffff", b"1_0"]
    text = json.dumps({name: v for name, v in target.claims.items() if name != "exp"}).encode()
    await target.refuses(
        {f"exp {value!r}": target.signed(exp=value) for value in times}
        | {f"exp {v[:9]!r}": target.signed(text[:-1] + b',"exp":' + v + b"}") for v in raw}
        | {f"nbf {v!r}": target.signed(nbf=v) for v in (4 * 10**9, 1e300, "now", None)}
        | {f"iat {v!r}": target.signed(iat=v) for v in (4 * 10**9, 1e300, "now", None)}
    )


async def test_a_token_of_another_kind_is_none_of_ours(
    target: Target, app: FastAPI, clock: MovableClock
) -> None:
    """Nor one that this service minted for another purpose (Postiz CVE-2026-115933)."""
    types: list[Any] = ["JWE", "secevent+jwt", "logout+jwt", "dpop+jwt", "id_token+jwt", "jwt ", ""]
    types += ["guest+jwt", "share+jwt", "hand-over+jwt", "refresh", 7, ["JWT"], {"typ": "JWT"}]
    ring = KeyRing.parse(KEYS)
    minted = {
        purpose: PurposeTokens(ring, purpose, clock, new_id) for purpose in ("guest", "share")
    }
    claims = {"scope": "sessions:read sessions:write"}
    made = {
        purpose: tokens.mint(subject="ann", expires_in=_HOUR, claims=claims)
        for purpose, tokens in minted.items()
    }
    await target.refuses(
        {f"typ {typ!r}": target.signed(header={"typ": typ}) for typ in types} | made
    )


# § 2.5, § 3.7 and traps: the bytes


async def test_a_name_stands_once(target: Target) -> None:
    body = json.dumps(target.claims).encode()
    twice = {
        name: body[:-1] + f',"{name}":{json.dumps(target.claims[name])}}}'.encode()
        for name in ("iss", "sub", "aud", "exp")
    }
    headers = [
        b'{"alg":"none","alg":"RS256","kid":"k1"}',
        b'{"alg":"RS256","kid":"k1","alg":"none"}',
        b'{"alg":"RS256","kid":"k1","kid":"k1"}',
        b'{"alg":"RS256","\\u0061lg":"RS256","kid":"k1"}',
    ]
    await target.refuses(
        {f"{name} twice": target.signed(made) for name, made in twice.items()}
        | {repr(header): target.key.token(target.claims, header) for header in headers}
    )


async def test_depth_and_size_cost_nothing(target: Target) -> None:
    """1,000 arrays in an unsigned header are a RecursionError in python-jose."""
    nested = b"[" * 1000 + b"]" * 1000
    objects = b'{"a":' * 700 + b"1" + b"}" * 700
    await target.refuses(
        {
            "arrays": f"{b64(nested)}.{target.body}.{target.signature}",
            "arrays in a member": target.key.token(
                target.claims, b'{"alg":"RS256","kid":"k1","x":' + nested + b"}"
            ),
            "objects": target.key.token(target.claims, objects),
            "a deep payload": target.signed(nested),
            "a deep claim": target.signed(
                json.dumps(target.claims).encode()[:-1] + b',"x":' + nested + b"}"
            ),
            "8 kB": target.signed(x="y" * 8192),
            "a megabyte": target.signed(x="y" * 2**20),
            "a megabyte of dots": "." * 2**20,
            "a megabyte of header": target.key.token(target.claims, b" " * 2**20),
        }
    )


async def test_each_token_has_one_spelling(target: Target) -> None:
    head, body, signature = target.head, target.body, target.signature
    flat = {"protected": head, "payload": body, "signature": signature}
    general = {"payload": body, "signatures": [{"protected": head, "signature": signature}]}
    last = "AQgw" if signature[-1] not in "AQgw" else "BRhx"
    await target.refuses(
        {
            "flattened JSON": json.dumps(flat),
            "general JSON": json.dumps(general),
            "padded": f"{head}.{body}.{signature}==",
            "padded header": f"{head}=.{body}.{signature}",
            "plus": f"{head}.{body}.{signature[:-1]}+",
            "slash": f"{head}.{body}.{signature[:-1]}/",
            "line end inside": f"{head}.{body[:9]}\t{body[9:]}.{signature}",
            "space inside": f"{head}.{body} .{signature}",
            "percent": target.good.replace(".", "%2E"),
            "twice": f"{target.good},{target.good}",
            "Bearer twice": f"Bearer {target.good}",
            "quoted": f'"{target.good}"',
            "reversed": ".".join(reversed(target.good.split("."))),
            "a dot before": f".{target.good}",
            "a dot after": f"{target.good}.",
        }
        | {
            f"spare bits {character}": f"{head}.{body}.{signature[:-1]}{character}"
            for character in last
            if character != signature[-1]
        }
    )

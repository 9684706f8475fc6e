"""Names and types of downloads, for any that somebody may have chosen."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from session_api.assets.storage.downloads import (
    MAX_NAME_BYTES,
    OPAQUE,
    attachment,
    safe_name,
    safe_type,
)

anything = st.text(st.characters(), max_size=300)


@settings(deadline=None)
@given(name=anything)
def test_any_name_becomes_one_that_can_be_saved(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe.encode("utf-8")) <= MAX_NAME_BYTES
    assert not re.search(r"[\x00-\x1f\x7f/\\]", safe)
    assert safe not in (".", "..")
    assert safe_name(safe) == safe


@settings(deadline=None)
@given(name=anything)
def test_any_name_makes_a_header_that_reads_as_it(name: str) -> None:
    header = attachment(name)
    found = re.fullmatch(r"attachment; filename=\"([ -~]*)\"; filename\*=UTF-8''([!-~]+)", header)
    assert found
    assert not set(found[1]) & {'"', "\\", "%"}
    assert unquote(found[2], errors="strict") == safe_name(name)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        (" .hidden. ", "hidden"),
        ("a\nb", "ab"),
        ("\N{MAN}\u200d\N{PERSONAL COMPUTER}.png", "\N{MAN}\u200d\N{PERSONAL COMPUTER}.png"),
        ("\u202egpj.exe", "gpj.exe"),
        ("", "file"),
        ("x" * 300 + ".tar.gz", "x" * 252 + ".gz"),
        ("é" * 200, "é" * 127),
        ("x" * 254 + " yy", "x" * 254),
    ],
)
def test_a_name_stays_as_near_as_can_be(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@settings(deadline=None)
@given(content_type=anything)
def test_any_type_becomes_one_that_is_harmless(content_type: str) -> None:
    safe = safe_type(content_type)
    assert safe == OPAQUE or re.fullmatch(
        r"(image|audio|video)/[a-z0-9.+-]+|text/plain|application/pdf", safe
    )
    assert not re.search(r"svg|html|xml|script", safe)


@pytest.mark.parametrize(
    ("content_type", "safe"),
    [
        ("image/png", "image/png"),
        ("Image/PNG", "image/png"),
        ("text/plain; charset=utf-7", "text/plain"),
        ("image/svg+xml", OPAQUE),
        ("text/html", OPAQUE),
        ("text/csv", OPAQUE),
        ("application/json", OPAQUE),
        ("image/png\r\nX: y", OPAQUE),
        ("", OPAQUE),
    ],
)
def test_only_what_can_be_looked_at_keeps_its_type(content_type: str, safe: str) -> None:
    assert safe_type(content_type) == safe

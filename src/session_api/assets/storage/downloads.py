"""What a browser is told of a file that somebody uploaded: a harmless name, and a harmless type."""

import re
from typing import Final
from urllib.parse import quote

MAX_NAME_BYTES: Final = 255  # what file systems take
OPAQUE: Final = "application/octet-stream"

# Types that no browser runs anything in. SVG, HTML and XML are pages; a type that is not here is
# saved as it is, by its name, and opened by whatever the person chooses.
_INERT: Final = frozenset({"application/pdf", "text/plain"})
_INERT_FAMILIES: Final = frozenset({"image", "audio", "video"})
_ACTIVE: Final = re.compile(r"svg|xml|html|script", re.IGNORECASE)
_TYPE = re.compile(r"([a-z]+)/[a-z0-9.+-]{1,80}")

_SEPARATORS = re.compile(r"[/\\]+")
# Controls, line ends, surrogates, and what turns the reading direction: by that, "fdp.exe" reads
# as "exe.pdf".
_INVISIBLE = re.compile(
    "[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def safe_name(name: str) -> str:
    """A name to save a file under: one segment of a path, at most 255 bytes, its ending kept."""
    name = _SEPARATORS.sub("_", _INVISIBLE.sub("", name)).strip(" .")
    if not name:
        return "file"
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending.encode()) > 32:
        stem, dot, ending = name, "", ""
    room = MAX_NAME_BYTES - len(f"{dot}{ending}".encode())
    # The bytes of a character that was cut in two are dropped.
    return (stem.encode()[:room].decode("utf-8", "ignore") + dot + ending).rstrip(" .")


def attachment(name: str) -> str:
    """A Content-Disposition that makes browsers save the file (RFC 6266), in ASCII.

    `filename*` (RFC 8187) is what all of today's read; the other is for tools that don't.
    """
    name = safe_name(name)
    plain = re.sub(r'[^ -~]|["%\\]', "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def safe_type(content_type: str) -> str:
    """The type to answer a file with: its own where nothing can run in it, else opaque."""
    found = _TYPE.fullmatch(content_type.partition(";")[0].strip().lower())
    if found is None or _ACTIVE.search(found[0]):
        return OPAQUE
    # Without parameters: a charset such as UTF-7 would be a way around.
    return found[0] if found[1] in _INERT_FAMILIES or found[0] in _INERT else OPAQUE

"""Reading `SESSION_API_STORAGE`: which store, where, and how to talk to it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"([A-Za-z0-9_-][A-Za-z0-9._-]{0,99}/)*")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_STYLES = ("path", "virtual")
_DIGESTS = ("trusted", "read")
_SCHEMES = "write file:///an/absolute/folder or s3://bucket?endpoint=https://…"


@dataclass(frozen=True, slots=True)
class Folder:
    """Objects as files below a folder of the machine's."""

    path: Path


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of an S3-compatible store. None leaves the choice to AWS's own settings.

    `public_endpoint` is where browsers reach the store, if they do so by another name than the
    service. `refuse_overwriting` signs `If-None-Match: *` into uploads; a store that does not know
    it must be told so. `digests`: whether the store itself compares what arrives with the SHA-256
    that the upload names, so that its word can be taken for it, or objects are read to find out.
    """

    name: str
    prefix: str
    endpoint: str | None
    public_endpoint: str | None
    region: str | None
    addressing: Literal["path", "virtual", "auto"]
    upload: Literal["put", "post"]
    refuse_overwriting: bool
    digests: Literal["trusted", "read"]

    @classmethod
    def parse(cls, host: str, path: str, options: dict[str, str]) -> Self:
        """Of the parts of a URL. Raises ValueError."""
        if not _BUCKET.fullmatch(host):
            raise ValueError("the bucket's name has 3 to 63 of a-z 0-9 . -")
        prefix = f"{path.strip('/')}/".removeprefix("/")
        if not _PREFIX.fullmatch(prefix):
            raise ValueError("a prefix in the bucket is made of A-Z a-z 0-9 . _ - and slashes")
        endpoint = _endpoint(options, "endpoint")
        public = _endpoint(options, "public_endpoint")
        region = options.pop("region", None)
        if region is not None and not _REGION.fullmatch(region):
            raise ValueError("the region is made of a-z 0-9 -")
        own = endpoint is not None
        made = cls(
            name=host,
            prefix=prefix,
            endpoint=endpoint,
            public_endpoint=public,
            region=region,
            addressing=_choice(options, "addressing", ("path" if own else "auto", *_STYLES)),
            upload=_choice(options, "upload", ("put", "post")),
            refuse_overwriting=_choice(options, "overwriting", ("refused", "possible"))
            == "refused",
            # AWS compares; of others, some merely repeat what the client said.
            digests=_choice(options, "digests", ("read" if own else "trusted", *_DIGESTS)),
        )
        if options:
            raise ValueError(f"{min(options)[:40]!r} is not an option of s3:// URLs")
        return made


def parse_location(url: str) -> Folder | Bucket:
    """Raises ValueError with one line that quotes neither the URL nor a secret in it."""
    try:
        parts = urlsplit(url)
        host, user = parts.hostname or "", parts.username or parts.password
    except ValueError:
        raise ValueError(_SCHEMES) from None
    if parts.fragment:
        raise ValueError("nothing may follow a #")
    match parts.scheme:
        case "file":
            path = Path(unquote(parts.path))
            if host or user or parts.query or not path.is_absolute() or "\0" in str(path):
                raise ValueError("a folder is written file:///an/absolute/folder, with 3 slashes")
            return Folder(path)
        case "s3":
            if user or parts.netloc != host:
                raise ValueError(
                    "an s3:// URL holds no credentials and no port; set AWS_ACCESS_KEY_ID and "
                    "AWS_SECRET_ACCESS_KEY, and ?endpoint="
                )
            return Bucket.parse(host, unquote(parts.path), _options(parts.query))
        case _:
            raise ValueError(_SCHEMES)


def _options(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
    except ValueError:
        raise ValueError("options are written ?name=value&name=value") from None
    options = dict(pairs)
    if len(options) != len(pairs):
        raise ValueError("an option is given twice")
    return options


def _endpoint(options: dict[str, str], name: str) -> str | None:
    value = options.pop(name, None)
    if value is None:
        return None
    parts = urlsplit(value)
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.netloc.count("@")
        or parts.query
        or parts.fragment
        or parts.path.strip("/")
    ):
        raise ValueError(f"{name} is written https://host or http://host:port, and nothing after")
    return value.rstrip("/")


def _choice(options: dict[str, str], name: str, values: Sequence[str]) -> Any:
    """The option, which is one of `values`; the first where it is not given."""
    value = options.pop(name, values[0])
    if value not in values:
        raise ValueError(f"{name} is one of {', '.join(sorted(set(values)))}")
    return value

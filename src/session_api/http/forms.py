"""Reading a multipart form (RFC 7578) as a stream: one file, of any size, and small fields.

The parser is python-multipart's; nothing of it is buffered beyond the chunk that came in.
"""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from session_api.problems import UnsupportedMediaType, ValidationFailed

FILE: Final = "file"
_MAX_FIELD_BYTES: Final = 1024
_MAX_FIELDS: Final = 20


@dataclass(frozen=True, slots=True)
class FormFile:
    """What the form says of its file. `content_type` is None where it says nothing."""

    name: str | None
    content_type: str | None


@dataclass(slots=True)
class _Part:
    """The head of a part, as its headers come in."""

    field: bytes = b""
    value: bytes = b""
    name: str | None = None
    file_name: str | None = None
    content_type: str | None = None

    def end_header(self) -> None:
        header, value = self.field.lower(), self.value
        self.field = self.value = b""
        if header == b"content-disposition":
            _, options = parse_options_header(value)
            self.name = _text(options.get(b"name"))
            self.file_name = _text(options.get(b"filename"))
        elif header == b"content-type":
            self.content_type = value.decode("latin-1")


_END = object()


class UploadForm:
    """The form of one request. Fields may stand before and after the file.

    Every method raises ValidationFailed for what is no such form, and what the request raises when
    its client goes.
    """

    def __init__(self, chunks: AsyncIterator[bytes], boundary: bytes) -> None:
        self.fields: dict[str, str] = {}
        self._chunks = chunks
        # What the parser has found and nobody has taken: a part's head, its bytes, or its end.
        self._found: deque[_Part | bytes | object] = deque()
        self._part = _Part()
        self._file: FormFile | None = None
        self._whole = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._add_to_field,
                "on_header_value": self._add_to_value,
                "on_header_end": self._end_header,
                "on_headers_finished": lambda: self._found.append(self._part),
                "on_part_data": lambda data, start, end: self._found.append(data[start:end]),
                "on_part_end": lambda: self._found.append(_END),
                "on_end": self._finish,
            },
        )

    @classmethod
    def of(cls, request: Request) -> "UploadForm":
        """The same for the same request: a body can be read once. Raises UnsupportedMediaType
        where it is none.
        """
        known: UploadForm | None = getattr(request.state, "form", None)
        if known is None:
            known = request.state.form = cls._made_of(request)
        return known

    @classmethod
    def _made_of(cls, request: Request) -> "UploadForm":
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise UnsupportedMediaType("Send multipart/form-data with its boundary.")
        try:
            return cls(request.stream(), boundary)
        except FormParserError as error:
            raise _refused(str(error)) from None

    async def file(self) -> FormFile:
        """Reads up to the file's first byte, once: asked again, it answers the same."""
        if self._file is not None:
            return self._file
        while (part := await self._next_part()) is not None:
            if part.name == FILE:
                self._file = FormFile(part.file_name, part.content_type)
                return self._file
            await self._read_field(part)
        raise ValidationFailed.at(f"/{FILE}", "Field required")

    async def content(self) -> AsyncIterator[bytes]:
        """The file's bytes."""
        while (data := await self._next()) is not _END:
            assert isinstance(data, bytes)  # noqa: S101 - a part is bytes up to its end
            yield data

    async def end(self) -> None:
        """Reads what follows the file."""
        while (part := await self._next_part()) is not None:
            if part.name == FILE:
                raise ValidationFailed.at(f"/{FILE}", "is there twice; send one file at a time")
            await self._read_field(part)

    async def _read_field(self, part: _Part) -> None:
        value = b""
        while (data := await self._next()) is not _END:
            assert isinstance(data, bytes)  # noqa: S101 - a part is bytes up to its end
            value += data
            if len(value) > _MAX_FIELD_BYTES:
                raise ValidationFailed.at(_pointer(part), f"has over {_MAX_FIELD_BYTES} bytes")
        if part.name is None or part.name in self.fields or len(self.fields) == _MAX_FIELDS:
            raise ValidationFailed.at(_pointer(part), "is there twice, or has no name")
        text = _text(value)
        assert text is not None  # noqa: S101 - there are bytes
        self.fields[part.name] = text

    async def _next_part(self) -> _Part | None:
        found = await self._next()
        assert found is None or isinstance(found, _Part)  # noqa: S101 - between two parts
        return found

    async def _next(self) -> object:
        """The next of what the parser finds; None after the last."""
        while not self._found:
            if self._whole:
                return None
            data = await anext(self._chunks, b"")
            if not data:
                # The last chunk of a request is empty as well.
                data = await anext(self._chunks, b"")
                if not data:
                    raise _refused("it ends before its last boundary")
            try:
                self._parser.write(data)
            except FormParserError as error:
                raise _refused(str(error)) from None
        return self._found.popleft()

    def _begin(self) -> None:
        self._part = _Part()

    def _add_to_field(self, data: bytes, start: int, end: int) -> None:
        self._part.field += data[start:end]

    def _add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._part.value += data[start:end]

    def _end_header(self) -> None:
        self._part.end_header()

    def _finish(self) -> None:
        self._whole = True


def _pointer(part: _Part) -> str:
    name = (part.name or "").replace("~", "~0").replace("/", "~1")  # RFC 6901 § 3
    return f"/{name}"


def _text(raw: bytes | None) -> str | None:
    if raw is None:
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise _refused("its names and fields are not UTF-8") from None


def _refused(reason: str) -> ValidationFailed:
    return ValidationFailed.at("", f"the form can't be read: {reason}")

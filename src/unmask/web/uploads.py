"""Streams the pictures and videos of a request: the multipart field `files`, or one picture as the body or in JSON.

The size limit applies to each file: a file above it becomes an error and its bytes are dropped, and the other files are
read. Bytes in memory are charged to a budget that all requests of the process share.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from unmask.errors import ImageTooLarge, NotAnImage, UnmaskError
from unmask.web.clip_uploads import clip_problem, holds_video
from unmask.web.errors import BadRequest, Busy, UploadTooLarge, UploadTooSlow
from unmask.web.json_upload import MEDIA_TYPE, decode_json_upload, max_body_bytes
from unmask.web.settings import MEGABYTE

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks, MultipartParser
    from starlette.requests import Request

FIELD = "files"
MAX_NAME_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Upload:
    """One uploaded file.

    Attributes:
        name: the file name, safe to show.
        data: the bytes as sent; empty if there is an error.
        error: why the file cannot be judged; None if it may be a picture or a video.
        clip: whether it is a video.
    """

    name: str
    data: bytes
    error: UnmaskError | None = None
    clip: bool = False


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """Limits of one request.

    Attributes:
        files: number of files.
        file_bytes, total_bytes: bytes of one picture, and of the whole body.
        seconds: duration of the upload; 3 seconds per received MB are added.
        clip_bytes: bytes of one video; 0 accepts no videos.
    """

    files: int
    file_bytes: int
    total_bytes: int
    seconds: float
    clip_bytes: int = 0


class MemoryBudget:
    """Limit of the bytes that all requests of a process hold in memory. For one event loop; not thread-safe."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def acquire(self, count: int) -> None:
        """Charge `count` bytes.

        Raises:
            Busy: the limit would be exceeded.
        """
        if self.used + count > self.limit:
            raise Busy("too many uploads at the moment; try again in a few seconds")
        self.used += count

    def release(self, count: int) -> None:
        """Return `count` bytes."""
        self.used -= count


def safe_name(raw: str) -> str:
    """A file name without folders and control characters, at most 255 characters long. Never used as a path."""
    last = raw.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip()
    return shown[-MAX_NAME_LENGTH:] if shown.strip(".") else "upload"


class UploadReader:
    """Async iterator over the files of one request. `async with` releases their bytes at the end."""

    def __init__(self, request: Request, limits: UploadLimits, budget: MemoryBudget) -> None:
        self._request = request
        self._limits = limits
        self._body_bytes = limits.total_bytes
        self._budget = budget
        self._held = 0
        self._ready: list[Upload] = []
        self._count = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Return all bytes charged so far to the budget."""
        self._budget.release(self._held)
        self._held = 0

    def charge(self, count: int) -> None:
        """Charge bytes to the budget until `release`."""
        self._budget.acquire(count)
        self._held += count

    async def __aiter__(self) -> AsyncIterator[Upload]:
        """Yield each upload once it is complete, in the order sent.

        Raises:
            BadRequest: the body is empty, or not a multipart form with pictures in `files`.
            UploadTooLarge: the limits of files or bytes are exceeded.
            UploadTooSlow: the body did not arrive in time.
            Busy: the memory budget is exhausted.
        """
        kind = self._request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == MEDIA_TYPE:
            self._body_bytes = max_body_bytes(self._limits.file_bytes)
        declared = self._request.headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > self._body_bytes:
            raise self._too_large()
        readers = {"multipart/form-data": self._form, MEDIA_TYPE: self._json}
        reader = readers.get(kind, self._raw)()
        async for upload in reader:
            yield upload
        if not self._count:
            raise BadRequest(
                f"no picture in the request; send files in the multipart field `{FIELD}`, one as the body, "
                "or one in JSON"
            )

    async def _raw(self) -> AsyncIterator[Upload]:
        name = safe_name(self._request.query_params.get("name", "upload"))
        file = _File(name, self)
        async for chunk in self._chunks():
            file.add(chunk)
        if file.size:
            self._count = 1
            yield file.finish()

    async def _json(self) -> AsyncIterator[Upload]:
        body = bytearray()
        async for chunk in self._chunks():
            self.charge(len(chunk))
            body += chunk
        if not body:
            return
        self._count, received = 1, len(body)
        self.charge(2 * received)  # the text of the body and that of the picture
        given, data = await asyncio.to_thread(decode_json_upload, body)
        self._budget.release(3 * received)
        self._held -= 3 * received
        file = _File(safe_name(given or self._request.query_params.get("name", "upload")), self)
        file.add(data)
        yield file.finish()

    async def _form(self) -> AsyncIterator[Upload]:
        from python_multipart.exceptions import FormParserError

        form = _Form(self)
        try:
            parser = form.parser(self._request.headers["content-type"])
            async for chunk in self._chunks():
                parser.write(chunk)
                while self._ready:
                    yield self._ready.pop(0)
            parser.finalize()
        except FormParserError as error:
            raise BadRequest(f"the multipart form cannot be read ({error})") from None
        if form.file is not None:
            raise BadRequest("the multipart form ends early")

    async def _chunks(self) -> AsyncIterator[bytes]:
        """The body in chunks, within the limits of time and size."""
        loop = asyncio.get_running_loop()
        started, received = loop.time(), 0
        stream = self._request.stream()
        while True:
            allowed = self._limits.seconds + 3.0 * received / MEGABYTE
            try:
                async with asyncio.timeout_at(started + allowed):
                    chunk = await anext(stream, None)
            except TimeoutError:
                raise UploadTooSlow(f"the upload took longer than {allowed:.0f} seconds") from None
            if chunk is None:
                return
            received += len(chunk)
            if received > self._body_bytes:
                raise self._too_large()
            if chunk:
                yield chunk

    def begin(self, name: str) -> _File:
        """Start a file of the form."""
        self._count += 1
        if self._count > self._limits.files:
            raise UploadTooLarge(
                f"more than {self._limits.files} pictures in one request; send the rest in another, or a job"
            )
        return _File(name, self)

    def done(self, file: _File) -> None:
        """Add a complete file of the form to the output."""
        self._ready.append(file.finish())

    @property
    def file_bytes(self) -> int:
        """Size limit of one picture in bytes."""
        return self._limits.file_bytes

    @property
    def clip_bytes(self) -> int:
        """Size limit of one video in bytes; 0 accepts no videos."""
        return self._limits.clip_bytes

    def _too_large(self) -> UploadTooLarge:
        return UploadTooLarge(f"the upload is larger than {self._body_bytes / MEGABYTE:.0f} MB")


class _File:
    """A file that is being received; bytes beyond the size limit are dropped."""

    def __init__(self, name: str, reader: UploadReader) -> None:
        self.name = name
        self.size = 0
        self._reader = reader
        self._parts: list[bytes] = []
        self._limit = reader.file_bytes

    def add(self, data: bytes) -> None:
        self.size += len(data)
        if self._limit < self.size <= self._reader.clip_bytes and holds_video(b"".join(self._parts)):
            self._limit = self._reader.clip_bytes
        if self.size > self._limit:
            self._parts.clear()
        else:
            self._reader.charge(len(data))
            self._parts.append(data)

    def finish(self) -> Upload:
        if self.size > self._limit:
            error = ImageTooLarge(f"{self.name}: {self.size:,} bytes; the limit is {self._limit:,}")
            return Upload(self.name, b"", error)
        data = b"".join(self._parts)
        if self._reader.clip_bytes and holds_video(data):
            return Upload(self.name, data, clip=True)
        problem = clip_problem(self.name, data)
        return Upload(self.name, b"", NotAnImage(problem)) if problem else Upload(self.name, data)


class _Form:
    """Callbacks of a multipart parser: collect the parts that are files of the field `files`."""

    def __init__(self, reader: UploadReader) -> None:
        self._reader = reader
        self._headers: dict[bytes, bytes] = {}
        self._field, self._value = b"", b""
        self.file: _File | None = None

    def parser(self, content_type: str) -> MultipartParser:
        from python_multipart.multipart import MultipartParser, parse_options_header

        _, options = parse_options_header(content_type)
        if not options.get(b"boundary"):
            raise BadRequest("the Content-Type of the multipart form has no boundary")
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._part_begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._part_data,
            "on_part_end": self._part_end,
        }
        return MultipartParser(options[b"boundary"], callbacks)

    def _part_begin(self) -> None:
        self._headers, self.file = {}, None

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field, self._value = b"", b""

    def _headers_finished(self) -> None:
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        field = options.get(b"name", b"").decode("utf-8", "replace")
        if field == FIELD and b"filename" not in options:
            raise BadRequest(f"`{FIELD}` must be sent as files, each with a file name")
        if field == FIELD:
            self.file = self._reader.begin(safe_name(options.get(b"filename", b"").decode("utf-8", "replace")))
        elif b"filename" in options:
            raise BadRequest(f"pictures belong in the field `{FIELD}`, not in `{safe_name(field)}`")

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self.file is not None:
            self.file.add(data[start:end])

    def _part_end(self) -> None:
        if self.file is not None:
            self._reader.done(self.file)
            self.file = None

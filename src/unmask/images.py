"""Opens images: from a path, bytes, a file, a PIL image or an array to upright RGB pixels, within size limits."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.ExifTags import Base

from unmask.errors import CorruptImage, EmptyFile, ImageError, ImageTooLarge, MissingFile, NotAFile, NotAnImage
from unmask.image_formats import SUFFIXES as SUFFIXES
from unmask.image_formats import UPRIGHT, detect_format, leading_bytes, looks_like_base64
from unmask.image_repair import JPEG_FORMATS, check_complete, lacks_end, repair
from unmask.jpeg_markers import MAX_EXIF, limit_exif
from unmask.pixel_arrays import image_from_array, image_from_samples

_MID_GRAY = (128, (128, 128, 128))
"""Values to which libjpeg decodes missing pixels."""
BASE64 = "this looks like base64: pass the decoded bytes (base64.b64decode)"
MAX_LABEL = 160
"""Characters of a name in an error message; a longer name is cut in the middle."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest image to accept: pixels after decoding, bytes before."""

    pixels: int = 100_000_000
    bytes: int = 256 * 1024 * 1024


@dataclass(slots=True, eq=False)
class Picture:
    """An opened image. Its header has been read; its pixels are decoded on first use.

    Attributes:
        name: path or name as given; None if there is none.
        sha256: of the original bytes, or of the pixels if there was no file.
        format: "JPEG", "PNG", …, "array".
        width, height: of the upright image at full size.
        notes: what is odd about the file, one sentence each. Oddities of the pixels are known after the first decoding.
    """

    name: str | None
    sha256: str
    format: str
    width: int
    height: int
    _data: bytes | None = field(repr=False)
    notes: tuple[str, ...] = ()
    _repaired: bytes | None = field(default=None, repr=False)
    _decoded: Image.Image | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def original(self) -> bytes | None:
        """The original bytes of the file; None if there was no file."""
        return self._data

    @property
    def decodable(self) -> bytes | None:
        """The bytes of the file without the faults that `notes` names; None if there was no file."""
        return self._repaired or self._data

    def rgb(self, scale: float = 1.0) -> Image.Image:
        """Upright RGB pixels at `scale` of the full size or more; a JPEG is decoded at a reduced size if that suffices.

        Raises:
            CorruptImage: the data are truncated or cannot be decoded.
        """
        wanted = min(1.0, scale) * max(self.width, self.height)
        with self._lock:
            if self._decoded is None or max(self._decoded.size) < int(wanted):
                self._decoded = _upright_rgb(self._decode(scale), _label(self.name))
            return self._decoded

    def _decode(self, scale: float) -> Image.Image:
        """The stored pixels; a file that is odd but has all its pixels is repaired first."""
        data, label = self.decodable, _label(self.name)
        assert data is not None
        image = failure = None
        try:
            image = _decode(data, label, scale)
        except CorruptImage as error:
            failure = error
        if image is not None and not lacks_end(data, self.format):
            return image
        repaired = repair(data, self.format, label)
        if repaired is None:
            assert failure is not None
            raise failure
        self._repaired, note = repaired
        self.notes = (*self.notes, note)
        return _decode(self._repaired, label, scale)

    def discard_pixels(self) -> None:
        """Free the decoded pixels if they can be decoded again; only the bytes stay in memory."""
        with self._lock:
            if self._data is not None:
                self._decoded = None


ImageSource = str | os.PathLike[str] | bytes | BinaryIO | Image.Image | NDArray[Any] | Picture


def open_image(source: ImageSource, *, name: str | None = None, limits: Limits | None = None) -> Picture:
    """Open an image.

    Args:
        source: a path, bytes, a binary file, a PIL image, an array, or an opened image, which is returned as it is.
            Arrays are H×W, H×W×1, H×W×3 or H×W×4 in RGB order. Integers up to 255 are 8-bit values, integers up to
            65535 are 16-bit values, floating point is in 0..1. Other values raise NotAnImage.
        name: the image's name; the default for a path is the path.
        limits: the largest image to accept.

    Raises:
        ImageError: the image cannot be judged; the subclass states why.
        MissingExtra: the format needs an optional part.
    """
    limits = limits or Limits()
    if isinstance(source, Picture):
        return source
    if isinstance(source, Image.Image):
        return _from_pixels(source, name, source.format or "array", limits)
    if isinstance(source, np.ndarray):
        return _from_pixels(image_from_array(source), name, "array", limits)
    if isinstance(source, str | os.PathLike):
        name = name or os.fspath(source)
        return _from_bytes(_read_file(os.fspath(source), limits), name, limits)
    if isinstance(source, bytes | bytearray | memoryview):
        return _from_bytes(bytes(source), name, limits)
    return _from_bytes(_read_stream(source, name, limits), name, limits)


def _label(name: str | None) -> str:
    """The name of an image in an error message."""
    if name is None or len(name) <= MAX_LABEL:
        return name or "picture"
    return f"{name[: MAX_LABEL // 2]}…{name[-MAX_LABEL // 4 :]}"


def _read_stream(source: BinaryIO, name: str | None, limits: Limits) -> bytes:
    """The rest of a binary file."""
    label, read = _label(name), getattr(source, "read", None)
    if not callable(read):
        raise NotAnImage(
            f"{label}: a {type(source).__name__} is not a picture; pass a path, bytes, a binary file, a PIL image or a "
            "NumPy array"
        )
    try:
        data = read(limits.bytes + 1)
    except (OSError, ValueError) as error:
        raise MissingFile(f"{label}: cannot be read ({_reason(error)})") from error
    if not isinstance(data, bytes | bytearray | memoryview):
        raise NotAnImage(f'{label}: the file gives {type(data).__name__}, not bytes; open it in binary mode ("rb")')
    if not data:
        raise EmptyFile(f"{label}: is empty (0 bytes) from its current position; after an earlier read, call seek(0)")
    return bytes(data)


def _read_file(path: str, limits: Limits) -> bytes:
    """The content of a regular file; anything else at the path raises its own error."""
    file, label = Path(path), _label(path)
    try:
        if file.is_dir():
            raise NotAFile(f"{label}: is a folder; name a picture inside it")
        if not file.exists():
            raise _missing(path, "no such file")
        if not file.is_file():
            raise NotAFile(f"{label}: not a regular file")
        if file.stat().st_size > limits.bytes:
            raise ImageTooLarge(f"{label}: {file.stat().st_size:,} bytes; the limit is {limits.bytes:,}")
        return file.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _missing(path, f"cannot be read ({reason})") from error


def _missing(path: str, reason: str) -> ImageError:
    """The error for a path that cannot be read; it names base64 text and URLs."""
    label = _label(path)
    if looks_like_base64(path.encode("utf-8", "replace")):
        return NotAnImage(f"{label}: {BASE64}")
    if path.startswith(("http://", "https://")):
        return MissingFile(f"{label}: is a URL; unmask downloads nothing: download the file and pass its path or bytes")
    return MissingFile(f"{label}: {reason}")


def _from_bytes(data: bytes, name: str | None, limits: Limits) -> Picture:
    """An image from the bytes of a file. Only the header is read and checked against the limits."""
    label = _label(name)
    if not data:
        raise EmptyFile(f"{label}: is empty (0 bytes)")
    if len(data) > limits.bytes:
        raise ImageTooLarge(f"{label}: more than {limits.bytes:,} bytes")
    image, sound, notes = _open_odd(data, label)
    _check_pixels(image, label, limits)
    width, height = _upright_size(image)
    digest = hashlib.sha256(data).hexdigest()
    form = image.format or "unknown"
    return Picture(name, digest, form, width, height, data, notes, None if sound is data else sound)


def _open_odd(data: bytes, label: str) -> tuple[Image.Image, bytes, tuple[str, ...]]:
    """The header of an image, the bytes that decoders can read, and notes on what was odd before the pixels."""
    notes: tuple[str, ...] = ()
    if count := leading_bytes(data):
        data, notes = (
            data[count:],
            (f"The file has {count} bytes of white space or a byte order mark before its start.",),
        )
    if data.startswith(b"\xff\xd8") and (limited := limit_exif(data)) is not data:
        data, notes = limited, (*notes, f"The file has more than {MAX_EXIF} EXIF segments; the others were ignored.")
    try:
        return _open(data, label), data, notes
    except CorruptImage:
        form = detect_format(data) or ""
        repaired = repair(data, form, label) if form != "JPEG" else None
        if repaired is None:
            raise
    data, note = repaired
    return _open(data, label), data, (*notes, note)


def _from_pixels(image: Image.Image, name: str | None, form: str, limits: Limits) -> Picture:
    """An image from decoded pixels."""
    _check_pixels(image, _label(name), limits)
    upright = _upright_rgb(image, _label(name))
    digest = hashlib.sha256(f"RGB {upright.width}x{upright.height} ".encode() + upright.tobytes()).hexdigest()
    return Picture(name, digest, form, upright.width, upright.height, None, _decoded=upright)


def _check_pixels(image: Image.Image, label: str, limits: Limits) -> None:
    pixels = image.width * image.height
    if pixels == 0:
        raise CorruptImage(f"{label}: has no pixels ({image.width}×{image.height})")
    if pixels > limits.pixels:
        raise ImageTooLarge(f"{label}: {image.width}×{image.height} is more than {limits.pixels / 1e6:g} megapixels")


def _open(data: bytes, label: str) -> Image.Image:
    """Read an image's header."""
    form = detect_format(data)
    if form is None:
        if looks_like_base64(data):
            raise NotAnImage(f"{label}: {BASE64}")
        raise NotAnImage(f"{label}: not a picture unmask can read (JPEG, PNG, WebP, BMP, TIFF, GIF, HEIC, AVIF)")
    try:
        return Image.open(io.BytesIO(data), formats=[form])
    except Image.DecompressionBombError as error:
        raise ImageTooLarge(f"{label}: {_reason(error)}") from error
    except UnidentifiedImageError as error:
        raise CorruptImage(f"{label}: begins like {form} but cannot be read as it") from error
    except Exception as error:
        raise CorruptImage(f"{label}: damaged header ({_reason(error)})") from error


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 if the EXIF data are damaged."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:
        return 1


def _upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height of the upright image, from its header."""
    width, height = image.size
    if image.format == "TIFF":  # newer versions of Pillow swap this size themselves
        stored = image.getexif()
        width, height = stored.get(Base.ImageWidth, width), stored.get(Base.ImageLength, height)
    return (height, width) if _orientation(image) in (5, 6, 7, 8) else (width, height)


def _upright(image: Image.Image) -> Image.Image:
    """The picture rotated by its EXIF orientation; the same object if no rotation is needed."""
    turn = UPRIGHT.get(_orientation(image))
    return image if turn is None else image.transpose(turn)


def _decode(data: bytes, label: str, scale: float) -> Image.Image:
    """The stored pixels of a file; a JPEG is decoded at reduced size if `scale` allows it."""
    image = _open(data, label)
    if scale < 1.0:
        image.draft("RGB", (max(1, int(image.width * scale)), max(1, int(image.height * scale))))
    try:
        image.load()
        last = image.getpixel((image.width - 1, image.height - 1))
    except Exception as error:
        raise CorruptImage(f"{label}: damaged or cut short ({_reason(error)})") from error
    if image.format in JPEG_FORMATS and last in _MID_GRAY:
        check_complete(data, label)
    return image


def _reason(error: Exception) -> str:
    """The first line of an error message, without a final period."""
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")


def _upright_rgb(image: Image.Image, label: str) -> Image.Image:
    """Upright RGB pixels."""
    try:
        return _to_rgb(_upright(image))
    except ImageError:
        raise
    except Exception as error:
        raise CorruptImage(f"{label}: cannot be decoded ({_reason(error)})") from error


def _to_rgb(image: Image.Image) -> Image.Image:
    """RGB pixels of any Pillow mode: transparency on white, 16 bits and floating point scaled to 8 bits."""
    if image.mode == "RGB":
        return image
    if image.mode.startswith(("I", "F")):
        samples = np.asarray(image)
        gray = image_from_array(samples) if image.format is None else image_from_samples(samples)
        return gray.convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")

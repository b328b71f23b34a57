"""Opens pictures: from a path, bytes, a file, a PIL image or an array to upright RGB pixels, within size limits."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.ExifTags import Base

from unmask.errors import CorruptImage, EmptyFile, ImageTooLarge, MissingExtra, MissingFile, NotAFile, NotAnImage

MAGIC: tuple[tuple[bytes, bytes, str, str], ...] = (
    (b"\xff\xd8\xff", b"", "JPEG", "PIL.JpegImagePlugin"),
    (b"\x89PNG\r\n\x1a\n", b"", "PNG", "PIL.PngImagePlugin"),
    (b"RIFF", b"WEBP", "WEBP", "PIL.WebPImagePlugin"),
    (b"BM", b"", "BMP", "PIL.BmpImagePlugin"),
    (b"II*\0", b"", "TIFF", "PIL.TiffImagePlugin"),
    (b"MM\0*", b"", "TIFF", "PIL.TiffImagePlugin"),
    (b"GIF8", b"", "GIF", "PIL.GifImagePlugin"),
)
"""First bytes, bytes 8 to 12 if they matter, format, and the only Pillow plugin that may decode the file."""
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".heic", ".heif"}
)
"""File name suffixes of pictures, used when a folder is read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest picture to accept: pixels after decoding, bytes before."""

    pixels: int = 100_000_000
    bytes: int = 256 * 1024 * 1024


@dataclass(slots=True, eq=False)
class Picture:
    """An opened picture. Its header has been read; its pixels are decoded on first use.

    Attributes:
        name: path or name as given; None if there is none.
        sha256: of the original bytes, or of the pixels if there was no file.
        format: "JPEG", "PNG", …, "array".
        width, height: of the upright picture at full size.
    """

    name: str | None
    sha256: str
    format: str
    width: int
    height: int
    _data: bytes | None = field(repr=False)
    _decoded: Image.Image | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def original(self) -> bytes | None:
        """The original bytes of the file; None if there was no file."""
        return self._data

    def rgb(self, scale: float = 1.0) -> Image.Image:
        """Upright RGB pixels at `scale` of the full size or more; a JPEG is decoded at a reduced size if that suffices.

        Raises:
            CorruptImage: the data are truncated or cannot be decoded.
        """
        wanted = min(1.0, scale) * max(self.width, self.height)
        with self._lock:
            if self._decoded is None or max(self._decoded.size) < int(wanted):
                assert self._data is not None
                self._decoded = _decode(self._data, self.name, scale)
            return self._decoded

    def discard_pixels(self) -> None:
        """Free the decoded pixels if they can be decoded again; only the bytes stay in memory."""
        with self._lock:
            if self._data is not None:
                self._decoded = None


ImageSource = str | os.PathLike[str] | bytes | BinaryIO | Image.Image | NDArray[Any] | Picture


def open_image(source: ImageSource, *, name: str | None = None, limits: Limits | None = None) -> Picture:
    """Open a picture.

    Args:
        source: a path, bytes, a binary file, a PIL image, an array, or an opened picture, which is returned as it is.
            Arrays are H×W, H×W×1, H×W×3 or H×W×4 in RGB order: uint8, uint16, or floating point in 0..1.
        name: the picture's name; the default for a path is the path.
        limits: the largest picture to accept.

    Raises:
        ImageError: the picture cannot be judged; the subclass says why.
        MissingExtra: the format needs an optional part.
    """
    limits = limits or Limits()
    if isinstance(source, Picture):
        return source
    if isinstance(source, Image.Image):
        return _from_pixels(source, name, source.format or "array", limits)
    if isinstance(source, np.ndarray):
        return _from_pixels(_from_array(source), name, "array", limits)
    if isinstance(source, str | os.PathLike):
        name = name or os.fspath(source)
        source = _read_file(os.fspath(source), limits)
    elif not isinstance(source, bytes | bytearray | memoryview):
        source = source.read(limits.bytes + 1)
    return _from_bytes(bytes(source), name, limits)


def _read_file(path: str, limits: Limits) -> bytes:
    """The content of a regular file; anything else at the path raises its own error."""
    file = Path(path)
    try:
        if file.is_dir():
            raise NotAFile(f"{path}: is a folder; name a picture inside it")
        if not file.exists():
            raise MissingFile(f"{path}: no such file")
        if not file.is_file():
            raise NotAFile(f"{path}: not a regular file")
        if file.stat().st_size > limits.bytes:
            raise ImageTooLarge(f"{path}: {file.stat().st_size:,} bytes; the limit is {limits.bytes:,}")
        return file.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise MissingFile(f"{path}: cannot be read ({reason})") from error


def _from_bytes(data: bytes, name: str | None, limits: Limits) -> Picture:
    """A picture from the bytes of a file. Only the header is read and checked against the limits."""
    label = name or "picture"
    if not data:
        raise EmptyFile(f"{label}: is empty (0 bytes)")
    if len(data) > limits.bytes:
        raise ImageTooLarge(f"{label}: more than {limits.bytes:,} bytes")
    image = _open(data, name)
    _check_pixels(image, label, limits)
    width, height = _upright_size(image)
    digest = hashlib.sha256(data).hexdigest()
    return Picture(name, digest, image.format or "unknown", width, height, data)


def _from_pixels(image: Image.Image, name: str | None, form: str, limits: Limits) -> Picture:
    """A picture from decoded pixels."""
    _check_pixels(image, name or "picture", limits)
    try:
        upright = _to_rgb(_upright(image))
    except Exception as error:
        raise CorruptImage(f"{name or 'picture'}: cannot be decoded ({_reason(error)})") from error
    digest = hashlib.sha256(f"RGB {upright.width}x{upright.height} ".encode() + upright.tobytes()).hexdigest()
    return Picture(name, digest, form, upright.width, upright.height, None, upright)


def _check_pixels(image: Image.Image, label: str, limits: Limits) -> None:
    pixels = image.width * image.height
    if pixels == 0:
        raise CorruptImage(f"{label}: has no pixels ({image.width}×{image.height})")
    if pixels > limits.pixels:
        raise ImageTooLarge(f"{label}: {image.width}×{image.height} is more than {limits.pixels / 1e6:g} megapixels")


def _open(data: bytes, name: str | None) -> Image.Image:
    """Read a picture's header."""
    label = name or "picture"
    form = _detect_format(data)
    if form is None:
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
    """Width and height of the upright picture, from its header."""
    width, height = image.size
    if image.format == "TIFF":  # newer versions of Pillow swap this size themselves
        stored = image.getexif()
        width, height = stored.get(Base.ImageWidth, width), stored.get(Base.ImageLength, height)
    return (height, width) if _orientation(image) in (5, 6, 7, 8) else (width, height)


def _upright(image: Image.Image) -> Image.Image:
    """The picture rotated by its EXIF orientation; the same object if no rotation is needed."""
    return image if _orientation(image) == 1 else ImageOps.exif_transpose(image)


def _detect_format(data: bytes) -> str | None:
    """The format by the first bytes, with its decoder loaded; None if unmask does not read it."""
    if data[4:8] == b"ftyp":
        return _detect_heif(data)
    for start, further, form, plugin in MAGIC:
        if data.startswith(start) and data[8:12].startswith(further):
            import_module(plugin)
            return form
    return None


def _detect_heif(data: bytes) -> str | None:
    """AVIF or HEIF by the brands of the file type box; None if it is neither."""
    brands = data[8 : max(16, min(int.from_bytes(data[:4], "big"), 256))]
    if b"avi" in brands:
        import_module("PIL.AvifImagePlugin")
        return "AVIF"
    if not any(brand in brands for brand in (b"hei", b"hev", b"mif1", b"msf1")):
        return None
    try:
        import pillow_heif
    except ImportError:
        raise MissingExtra("reading HEIC pictures", "heif") from None
    pillow_heif.register_heif_opener()
    return "HEIF"


def _decode(data: bytes, name: str | None, scale: float) -> Image.Image:
    """Upright RGB pixels; a JPEG is decoded at reduced size if `scale` allows it."""
    image = _open(data, name)
    if scale < 1.0:
        image.draft("RGB", (max(1, int(image.width * scale)), max(1, int(image.height * scale))))
    try:
        image.load()
        return _to_rgb(_upright(image))
    except Exception as error:
        raise CorruptImage(f"{name or 'picture'}: damaged or cut short ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    """The first line of an error message, without a final period."""
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")


def _to_rgb(image: Image.Image) -> Image.Image:
    """RGB pixels of any Pillow mode: transparency on white, 16 bits and floating point scaled to 8 bits."""
    if image.mode == "RGB":
        return image
    if image.mode.startswith(("I", "F")):
        return _from_array(np.asarray(image)).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")


def _from_array(array: NDArray[Any]) -> Image.Image:
    """A Pillow image with 8 bits per channel from an array of pixels."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise NotAnImage(f"array of shape {array.shape}: expected H×W, H×W×1, H×W×3 or H×W×4")
    if array.dtype != np.uint8:
        array = _to_uint8(array)
    return Image.fromarray(np.ascontiguousarray(array))


def _to_uint8(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Pixels as uint8.

    16-bit integers are scaled by their range. Floating point and booleans are scaled from 0..1, or taken as 0..255 if a
    value exceeds 1.
    """
    with np.errstate(over="ignore"):
        values = np.nan_to_num(array.astype(np.float32), posinf=0.0, neginf=0.0)
    if array.dtype.kind in "iu" and array.dtype.itemsize > 1:
        values = values / 257.0
    elif array.dtype.kind in "fb" and values.max(initial=0.0) <= 1.0:
        values = values * 255.0
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)

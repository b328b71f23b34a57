"""Anything that holds a picture to upright RGB pixels, within limits, with the original's digest."""

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
"""First bytes, bytes 8 to 12 where they matter, format, and the only decoder that is given the file."""
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".heic", ".heif"}
)
"""File name endings that are taken for pictures when a folder is read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a picture may be: pixels after decoding, bytes before."""

    pixels: int = 100_000_000
    bytes: int = 256 * 1024 * 1024


@dataclass(slots=True, eq=False)
class Picture:
    """An opened picture whose header has been read; its pixels are decoded when asked for.

    Attributes:
        name: path or name as given; None where there is none.
        sha256: of the original bytes (of the pixels, where there never was a file).
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
        """The file's bytes as they came; None for pixels that never were a file."""
        return self._data

    def rgb(self, scale: float = 1.0) -> Image.Image:
        """Upright RGB pixels at `scale` of the full size or more (JPEG decodes at 1/2, 1/4 or 1/8 where that suffices).

        Raises:
            CorruptImage: the data end early or cannot be decoded.
        """
        wanted = min(1.0, scale) * max(self.width, self.height)
        with self._lock:
            if self._decoded is None or max(self._decoded.size) < int(wanted):
                assert self._data is not None
                self._decoded = _decode(self._data, self.name, scale)
            return self._decoded

    def discard_pixels(self) -> None:
        """Drop decoded pixels that can be decoded again, so that a picture that waits costs only its bytes."""
        with self._lock:
            if self._data is not None:
                self._decoded = None


ImageSource = str | os.PathLike[str] | bytes | BinaryIO | Image.Image | NDArray[Any] | Picture


def open_image(source: ImageSource, *, name: str | None = None, limits: Limits | None = None) -> Picture:
    """Open a path, bytes, binary file, PIL image or array; a picture that is open already is handed back.

    Arrays are H×W, H×W×1, H×W×3 or H×W×4 in RGB order: uint8, uint16, or floating point in 0..1.

    Raises:
        ImageError: one of its leaves says why the picture cannot be judged.
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
    """A regular file's content; every other thing a path can be has its own error."""
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
    """Read the header, hold it to the limits, and put off decoding."""
    shown = name or "picture"
    if not data:
        raise EmptyFile(f"{shown}: is empty (0 bytes)")
    if len(data) > limits.bytes:
        raise ImageTooLarge(f"{shown}: more than {limits.bytes:,} bytes")
    image = _open(data, name)
    _check_pixels(image, shown, limits)
    width, height = _upright_size(image)
    digest = hashlib.sha256(data).hexdigest()
    return Picture(name, digest, image.format or "unknown", width, height, data)


def _from_pixels(image: Image.Image, name: str | None, form: str, limits: Limits) -> Picture:
    """A picture that is pixels already."""
    _check_pixels(image, name or "picture", limits)
    try:
        upright = _to_rgb(_upright(image))
    except Exception as error:
        raise CorruptImage(f"{name or 'picture'}: cannot be decoded ({_reason(error)})") from error
    digest = hashlib.sha256(f"RGB {upright.width}x{upright.height} ".encode() + upright.tobytes()).hexdigest()
    return Picture(name, digest, form, upright.width, upright.height, None, upright)


def _check_pixels(image: Image.Image, shown: str, limits: Limits) -> None:
    pixels = image.width * image.height
    if pixels == 0:
        raise CorruptImage(f"{shown}: has no pixels ({image.width}×{image.height})")
    if pixels > limits.pixels:
        raise ImageTooLarge(f"{shown}: {image.width}×{image.height} is more than {limits.pixels / 1e6:g} megapixels")


def _open(data: bytes, name: str | None) -> Image.Image:
    """Read a picture's header."""
    shown = name or "picture"
    form = _recognise(data)
    if form is None:
        raise NotAnImage(f"{shown}: not a picture unmask can read (JPEG, PNG, WebP, BMP, TIFF, GIF, HEIC, AVIF)")
    try:
        return Image.open(io.BytesIO(data), formats=[form])
    except Image.DecompressionBombError as error:
        raise ImageTooLarge(f"{shown}: {_reason(error)}") from error
    except UnidentifiedImageError as error:
        raise CorruptImage(f"{shown}: begins like {form} but cannot be read as it") from error
    except Exception as error:
        raise CorruptImage(f"{shown}: damaged header ({_reason(error)})") from error


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; damaged EXIF data count as none."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:
        return 1


def _upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height once the picture is turned upright, by its header alone."""
    width, height = image.size
    if image.format == "TIFF":  # newer versions of Pillow have turned this size already
        stored = image.getexif()
        width, height = stored.get(Base.ImageWidth, width), stored.get(Base.ImageLength, height)
    return (height, width) if _orientation(image) in (5, 6, 7, 8) else (width, height)


def _upright(image: Image.Image) -> Image.Image:
    """The picture turned as its EXIF orientation says; the same object where it need not be."""
    return image if _orientation(image) == 1 else ImageOps.exif_transpose(image)


def _recognise(data: bytes) -> str | None:
    """The format by the first bytes, with its decoder loaded; None for anything unmask does not read."""
    if data[4:8] == b"ftyp":
        return _recognise_heif(data)
    for start, further, form, plugin in MAGIC:
        if data.startswith(start) and data[8:12].startswith(further):
            import_module(plugin)
            return form
    return None


def _recognise_heif(data: bytes) -> str | None:
    """AVIF or HEIC by the brands of the file type box."""
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
    """Upright RGB pixels, at reduced size where a JPEG allows it and `scale` asks for no more."""
    image = _open(data, name)
    if scale < 1.0:
        image.draft("RGB", (max(1, int(image.width * scale)), max(1, int(image.height * scale))))
    try:
        image.load()
        return _to_rgb(_upright(image))
    except Exception as error:
        raise CorruptImage(f"{name or 'picture'}: damaged or cut short ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    """The first line of an error, without a final stop."""
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")


def _to_rgb(image: Image.Image) -> Image.Image:
    """Any Pillow mode to RGB: alpha on white, 16 bits and floating point scaled to 8 bits."""
    if image.mode == "RGB":
        return image
    if image.mode.startswith(("I", "F")):
        return _from_array(np.asarray(image)).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")


def _from_array(array: NDArray[Any]) -> Image.Image:
    """An array of pixels to a Pillow image of 8 bits a channel."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise NotAnImage(f"array of shape {array.shape}: expected H×W, H×W×1, H×W×3 or H×W×4")
    if array.dtype != np.uint8:
        array = _to_uint8(array)
    return Image.fromarray(np.ascontiguousarray(array))


def _to_uint8(array: NDArray[Any]) -> NDArray[np.uint8]:
    """16-bit integers by their range; floating point and booleans as 0..1 (as 0..255 where they go beyond 1)."""
    with np.errstate(over="ignore"):
        values = np.nan_to_num(array.astype(np.float32), posinf=0.0, neginf=0.0)
    if array.dtype.kind in "iu" and array.dtype.itemsize > 1:
        values = values / 257.0
    elif array.dtype.kind in "fb" and values.max(initial=0.0) <= 1.0:
        values = values * 255.0
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)

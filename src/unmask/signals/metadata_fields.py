"""Reads an image file's metadata as plain text: EXIF, XMP, IPTC, comments and text chunks."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from PIL import ExifTags, Image, ImageFile, IptcImagePlugin

from unmask.images import Picture

MAX_LENGTH = 4000
"""Characters kept of one value."""
MAX_VALUES = 100
"""Values kept of a field that is a list."""
MAX_ELEMENTS, MAX_DEPTH = 20_000, 64
"""Elements and nesting of an XMP packet that is read; a larger one is refused, because reading it takes minutes."""
SEPARATOR = "; "
"""Joins the values of a field that occurs more than once."""

_EXIF = {
    "Make", "Model", "LensModel", "Software", "DateTime", "DateTimeOriginal", "ImageDescription", "Artist", "Copyright",
    "UserComment", "HostComputer", "ExposureTime", "FNumber", "ISOSpeedRatings", "FocalLength", "BodySerialNumber",
}  # fmt: skip
_IPTC = {
    (2, 5): "title", (2, 25): "keywords", (2, 55): "date", (2, 65): "program", (2, 80): "author", (2, 110): "credit",
    (2, 115): "source", (2, 116): "copyright", (2, 120): "caption",
}  # fmt: skip
_XMP = {
    "DigitalSourceType", "CreatorTool", "softwareAgent", "Credit", "Make", "Model", "Lens", "DocumentID",
    "OriginalDocumentID", "AISystemUsed", "AIPromptInformation", "AISystemVersionUsed", "description", "creator",
}  # fmt: skip

Fields = dict[str, str]


def read_fields(picture: Picture) -> Fields:
    """Reads all metadata fields, by names such as `exif.Make`, `xmp.CreatorTool`, `iptc.credit` or `comment`.

    Damaged metadata are read up to the damage.
    """
    if picture.decodable is None:
        return {}
    fields: Fields = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = Image.open(io.BytesIO(picture.decodable))
            if image.format == "PNG":
                image.load()
        except Exception:  # a chunk exceeds Pillow's limits, or the file is damaged after the header
            return fields
        for read in (_exif, _iptc, _xmp, _text):
            try:
                for name, value in read(image):
                    _add(fields, _to_text(name), _to_text(value))
            except Exception as error:
                fields[f"unreadable.{read.__name__.lstrip('_')}"] = type(error).__name__
    return fields


def _add(fields: Fields, name: str, value: str) -> None:
    """Appends a value to those the field already has, so that an editing history keeps every program's name."""
    known = fields[name].split(SEPARATOR) if name in fields else []
    if value and value not in known:
        fields[name] = SEPARATOR.join([*known, value])[:MAX_LENGTH]


def _exif(image: Image.Image) -> Iterator[tuple[str, Any]]:
    exif = image.getexif()
    for directory in (exif, exif.get_ifd(ExifTags.IFD.Exif)):
        for tag in directory:
            name = ExifTags.TAGS.get(tag, "")
            if name in _EXIF:
                value = directory[tag]
                yield f"exif.{name}", _decode_user_comment(value) if name == "UserComment" else value
    if exif.get_ifd(ExifTags.IFD.GPSInfo):
        yield "exif.GPS", "present"


def _iptc(image: ImageFile.ImageFile) -> Iterator[tuple[str, Any]]:
    found = IptcImagePlugin.getiptcinfo(image) or {}
    for key, name in _IPTC.items():
        if key in found:
            yield f"iptc.{name}", found[key]


def _xmp(image: Image.Image) -> Iterator[tuple[str, Any]]:
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if packet is None:
        return
    data = packet.encode() if isinstance(packet, str) else bytes(packet)
    data = data[max(data.find(b"<"), 0) : data.rfind(b">") + 1]
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        yield "xmp.refused", "contains a document type declaration"
        return
    root = _parse_bounded(data)
    if root is None:
        yield "xmp.refused", f"has more than {MAX_ELEMENTS} elements or {MAX_DEPTH} levels"
        return
    for element in root.iter():
        for name, value in [(element.tag, " ".join(element.itertext())), *element.attrib.items()]:
            short = name.rsplit("}", 1)[-1]
            if short in _XMP and value.strip():
                yield f"xmp.{short}", value
        resource = next((value for name, value in element.attrib.items() if name.endswith("}resource")), None)
        short = element.tag.rsplit("}", 1)[-1]
        if resource and short in _XMP:
            yield f"xmp.{short}", resource


def _parse_bounded(data: bytes) -> ElementTree.Element | None:
    """The root of an XML document; None where it exceeds `MAX_ELEMENTS` or `MAX_DEPTH`."""
    parser: Any = ElementTree.XMLPullParser(("start", "end"))
    depth = count = 0
    root: ElementTree.Element | None = None
    for start in range(0, len(data), 1 << 14):
        parser.feed(data[start : start + (1 << 14)])
        for event, element in parser.read_events():
            root = element if root is None else root
            depth += 1 if event == "start" else -1
            count += event == "start"
            if depth > MAX_DEPTH or count > MAX_ELEMENTS:
                return None
    parser.close()
    return root


def _text(image: Image.Image) -> Iterator[tuple[str, Any]]:
    if image.info.get("comment"):
        yield "comment", image.info["comment"]
    for name, value in getattr(image, "text", {}).items():
        if name != "XML:com.adobe.xmp":
            yield f"text.{name[:80]}", value


def _decode_user_comment(value: Any) -> str:
    """Decodes an EXIF user comment: eight bytes name the character code, the text follows."""
    if not isinstance(value, bytes):
        return str(value)
    code, body = value[:8], value[8 : 8 + 2 * MAX_LENGTH]
    if code == b"UNICODE\0":
        return max((_decode_utf16(body, order) for order in ("utf-16-be", "utf-16-le")), key=_count_ascii)
    return (body if code in (b"ASCII\0\0\0", b"\0" * 8) else value).decode("utf-8", "replace")


def _decode_utf16(body: bytes, order: str) -> str:
    return body.decode(order, "replace")


def _count_ascii(text: str) -> int:
    return sum(char.isascii() for char in text)


def _to_text(value: Any) -> str:
    """Converts a value to text without control characters, cut to `MAX_LENGTH`."""
    if isinstance(value, bytes):
        value = value[: 4 * MAX_LENGTH].decode("utf-8", "replace")
    elif isinstance(value, list | tuple):
        value = ", ".join(_to_text(each) for each in value[:MAX_VALUES])
    text = "".join(char if char.isprintable() or char in "\n\t" else " " for char in str(value)[:MAX_LENGTH])
    return text.strip()

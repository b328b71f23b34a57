"""Decodes an upload in JSON: `{"image": "<base64>"}`, with an optional `name`."""

from __future__ import annotations

import binascii
import json
from typing import Any

from unmask.web.errors import BadRequest

MEDIA_TYPE = "application/json"
EXPECTED = 'send {"image": "<picture in base64>"}'
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_WHITE_SPACE = b" \t\r\n"


def max_body_bytes(file_bytes: int) -> int:
    """Size limit of a JSON body whose picture has at most `file_bytes`: base64, line breaks, and 64 kB for the rest."""
    return int(file_bytes * 4 / 3 * 1.04) + 64 * 1024


def decode_json_upload(body: bytes | bytearray) -> tuple[str | None, bytes]:
    """The name, if there is one, and the bytes of the picture.

    Raises:
        BadRequest: the body is not JSON, or has no picture in base64.
    """
    content = _parse(body)
    image, name = content.get("image"), content.get("name", "")
    if not isinstance(image, str):
        raise BadRequest(f"the JSON body has no text `image`; {EXPECTED}")
    if not isinstance(name, str):
        raise BadRequest("`name` in the JSON body must be text")
    return name or None, _decode_base64(image)


def _parse(body: bytes | bytearray) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest(f"the body is not valid JSON; {EXPECTED}, or the bytes of the picture as image/*") from None
    if not isinstance(content, dict):
        raise BadRequest(f"the JSON body is not an object; {EXPECTED}")
    return content


def _decode_base64(text: str) -> bytes:
    """Decode base64 of either alphabet, with or without padding and line breaks, or a data URL."""
    if text[:5].lower() == "data:":
        head, _, text = text.partition(",")
        if not head.lower().endswith(";base64"):
            raise BadRequest("`image` is a data URL without base64; send data:image/jpeg;base64,…")
    try:
        packed = text.encode("ascii").translate(_URL_SAFE, _WHITE_SPACE).rstrip(b"=")
        return binascii.a2b_base64(packed + b"=" * (-len(packed) % 4), strict_mode=True)
    except (UnicodeEncodeError, binascii.Error):
        raise BadRequest("`image` is not base64; encode the bytes of the picture, or send a data URL") from None

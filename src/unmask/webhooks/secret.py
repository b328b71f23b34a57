"""Reads the secret that signs webhooks, from a file or the environment. It is never part of a command line."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path

from unmask.errors import UsageError

SECRET_VARIABLE = "UNMASK_WEBHOOK_SECRET"  # noqa: S105  a name
"""Environment variable that holds the secret if no file is given."""
PREFIX = "whsec_"
"""Begin of a secret in base64, as the Standard Webhooks specification writes it."""
MIN_BYTES = 16
"""Bytes that a secret has at least."""


def read_secret(file: Path | None, environ: Mapping[str, str]) -> bytes:
    """The key for HMAC-SHA256.

    A text that begins with `whsec_` is base64, as receivers' libraries write it. Any other text is used as UTF-8 bytes.

    Args:
        file: the file that holds the secret; None to use the variable `UNMASK_WEBHOOK_SECRET`.
        environ: the environment.

    Raises:
        UsageError: there is no secret, it is too short, or the file cannot be read.
    """
    if file is None:
        text, origin = environ.get(SECRET_VARIABLE, ""), SECRET_VARIABLE
        if not text.strip():
            raise UsageError(f"a webhook needs a secret that signs it; set {SECRET_VARIABLE} or name a file with it")
    else:
        origin = str(file)
        try:
            text = file.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not a text file"
            raise UsageError(f"{file}: the secret of the webhook cannot be read ({reason})") from None
    return _decode(text.strip(), origin)


def _decode(text: str, origin: str) -> bytes:
    """The bytes of a secret; error messages never contain it."""
    secret = text.encode()
    if text.startswith(PREFIX):
        encoded = text.removeprefix(PREFIX)
        try:
            secret = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except binascii.Error:
            raise UsageError(f"{origin}: what follows {PREFIX} is not base64") from None
    if len(secret) < MIN_BYTES:
        raise UsageError(f"{origin}: a secret has at least {MIN_BYTES} bytes; make one with `openssl rand -hex 32`")
    return secret

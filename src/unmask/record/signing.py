"""Ed25519 signatures (RFC 8032) with the user's key, by the `cryptography` library."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unmask.errors import MissingExtra, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALGORITHM = "Ed25519"
PASSWORD = "UNMASK_KEY_PASSWORD"  # noqa: S105
"""Environment variable that holds the password of an encrypted key."""


def sign(content: bytes, key: Ed25519PrivateKey) -> dict[str, str]:
    """Signs `content` and returns the signature block: algorithm, public key and signature."""
    from cryptography.hazmat.primitives import serialization

    public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return {"algorithm": ALGORITHM, "public_key": _text(public), "value": _text(key.sign(content))}


def is_signed_by(content: bytes, signature: Any) -> bool:
    """Whether a signature block is valid for `content` and for the public key that it names.

    Raises:
        MissingExtra: `cryptography` is not installed.
    """
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise MissingExtra("checking a signature", "provenance") from None
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signature["public_key"], validate=True))
        key.verify(base64.b64decode(signature["value"], validate=True), content)
    except (InvalidSignature, KeyError, TypeError, ValueError, binascii.Error):
        return False
    return bool(signature.get("algorithm") == ALGORITHM)


def fingerprint(public_key: str) -> str:
    """Short identifier of a public key: the first 16 digits of its SHA-256."""
    return hashlib.sha256(public_key.encode()).hexdigest()[:16]


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """Reads a private key from a PEM file; the password of an encrypted key comes from `UNMASK_KEY_PASSWORD`.

    Raises:
        UsageError: the file cannot be read, the key is not Ed25519, or the password is wrong.
        MissingExtra: `cryptography` is not installed.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError:
        raise MissingExtra("signing a record", "provenance") from None
    password = os.environ.get(PASSWORD)
    try:
        key = load_pem_private_key(_read(path), password.encode() if password else None)
    except (ValueError, TypeError) as error:
        hint = f"; set {PASSWORD} to its password" if "assword" in str(error) else ""
        raise UsageError(f"{path}: not a readable private key in PEM format{hint}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path}: not an Ed25519 key; make one: openssl genpkey -algorithm ed25519 -out key.pem")
    return key


def read_public_key(path: Path) -> str:
    """Reads a public key from a PEM file with a public or private key, in the base64 form that records use.

    Raises:
        UsageError: the file cannot be read, or the key is not Ed25519.
        MissingExtra: `cryptography` is not installed.
    """
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise MissingExtra("checking a signature", "provenance") from None
    content = _read(path)
    key: Ed25519PublicKey
    if b"PRIVATE" in content:
        key = read_private_key(path).public_key()
    else:
        try:
            loaded = serialization.load_pem_public_key(content)
        except ValueError:
            raise UsageError(f"{path}: not a readable public key in PEM format") from None
        if not isinstance(loaded, Ed25519PublicKey):
            raise UsageError(f"{path}: not an Ed25519 key; name the key file of the record's signer")
        key = loaded
    return _text(key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror or error})") from None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")

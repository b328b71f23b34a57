"""The Content Credentials signal: the signed history in the file (C2PA), checked offline with `c2pa-python`."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from unmask._version import install_command
from unmask.errors import UsageError
from unmask.images import Picture
from unmask.signals.generators import CAPTURED, EDITED, GENERATED, source_type
from unmask.signals.signal import Severity, Signal

LIMITS = (
    "Content Credentials prove who signed the file and that nothing changed since. They do not prove that the content "
    "is true. Nearly all pictures have none, and anyone can remove them. A signer is trusted only through the "
    "certificates that you name; nothing is fetched from the network."
)
MEDIA = {
    "JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "TIFF": "image/tiff",
    "GIF": "image/gif", "AVIF": "image/avif", "HEIF": "image/heif",
}  # fmt: skip
"""Media type by Pillow's format name, for the formats that can hold Content Credentials."""
_MARKS = (b"jumb", b"c2pa")
"""Bytes that every file with Content Credentials contains."""
_ABSENT = "The file holds no Content Credentials, like nearly all pictures."


def read_provenance(picture: Picture, *, trust: Path | None = None) -> Signal:
    """Reads and checks Content Credentials; the state is `unchecked` where `c2pa-python` is not installed.

    Args:
        picture: the image, opened from its original file.
        trust: PEM file with the certificates whose signatures are trusted.

    Raises:
        UsageError: `trust` cannot be read.
    """
    data = picture.original
    if data is None or picture.format not in MEDIA or not all(mark in data for mark in _MARKS):
        return _signal("absent", Severity.NONE, _ABSENT)
    if find_spec("c2pa") is None:
        reading = (
            "The file holds Content Credentials. They were not checked because c2pa-python is not installed; "
            f"run: {install_command('provenance')}."
        )
        return _signal("unchecked", Severity.LOOK, reading)
    return _check(data, MEDIA[picture.format], trust)


def _check(data: bytes, media: str, trust: Path | None) -> Signal:
    import c2pa

    try:
        context = c2pa.Context.from_dict(_settings(trust))
        with c2pa.Reader(media, io.BytesIO(data), context=context) as reader:
            store = json.loads(reader.json())
            validity = str(reader.get_validation_state())
    except c2pa.C2paError.ManifestNotFound:
        return _signal("absent", Severity.NONE, _ABSENT)
    except c2pa.C2paError as error:
        reading = f"The Content Credentials are damaged and cannot be read ({str(error)[:120]})."
        return _signal("broken", Severity.STRONG, reading, {"error": str(error)[:500]})
    return signal_from_manifests(store, validity)


def _settings(trust: Path | None) -> dict[str, Any]:
    """Settings of the C2PA reader: no network access, trust only in the user's certificates."""
    settings: dict[str, Any] = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
    if trust:
        settings["trust"] = {"user_anchors": read_anchors(trust)}
    return settings


def read_anchors(path: Path) -> str:
    """Reads a PEM file of certificates.

    Raises:
        UsageError: the file cannot be read or holds no certificate.
    """
    try:
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        text = ""
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise UsageError(f"{path}: not a readable PEM file with certificates; name a file that holds at least one")
    return text


def signal_from_manifests(store: dict[str, Any], validity: str) -> Signal:
    """Makes the signal from a manifest store, the parsed JSON of `c2pa.Reader`.

    Args:
        store: the manifest store.
        validity: `Trusted`, `Valid` or `Invalid`, as `c2pa.Reader` gives it.
    """
    faults = [each for each in store.get("validation_status", []) if each.get("code") != "signingCredential.untrusted"]
    details = _details(store, validity, faults)
    sources, signer = details["digital_source_types"], details["signer"]
    generated = any(each in GENERATED for each in sources)
    declared = next((kind[each] for kind in (GENERATED, EDITED, CAPTURED) for each in sources if each in kind), None)
    claim = f" They state that the picture was {declared}." if declared else ""
    if validity not in ("Valid", "Trusted"):
        why = faults[0].get("explanation") or faults[0].get("code") if faults else "validation failed"
        changed = any("mismatch" in str(each.get("code")) for each in faults)
        fault = "The file or its history was changed after signing" if changed else "They do not pass the check"
        return _signal(
            "broken", Severity.STRONG, f"The Content Credentials are broken. {fault} ({why}).{claim}", details
        )
    severity = Severity.STRONG if generated else Severity.LOOK
    if validity == "Trusted":
        reading = f"The Content Credentials are valid. {signer} signed them, and your certificates trust this signer."
        return _signal("trusted", severity, reading + claim, details)
    reading = f"The Content Credentials are intact. {signer} signed them, but no certificate confirms who this is."
    return _signal("unknown_signer", severity, reading + claim, details)


def _details(store: dict[str, Any], validity: str, faults: list[dict[str, Any]]) -> dict[str, Any]:
    active = store.get("manifests", {}).get(store.get("active_manifest"), {})
    signature = active.get("signature_info", {})
    signer = signature.get("common_name") or signature.get("issuer") or "An unnamed signer"
    return {
        "signer": signer,
        "issuer": signature.get("issuer"),
        "signed_at": signature.get("time"),
        "made_with": [each.get("name") for each in active.get("claim_generator_info", [])],
        "digital_source_types": list(dict.fromkeys(_source_types(store.get("manifests", {})))),
        "actions": list(dict.fromkeys(_actions(active))),
        "validation": validity,
        "faults": [{"code": each.get("code"), "explanation": each.get("explanation")} for each in faults],
    }


def _source_types(value: Any) -> Iterator[str]:
    """Yields every digital source type in the manifests, those of ingredients included."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name == "digitalSourceType" and isinstance(each, str):
                yield source_type(each)
            else:
                yield from _source_types(each)
    elif isinstance(value, list):
        for each in value:
            yield from _source_types(each)


def _actions(manifest: dict[str, Any]) -> Iterator[str]:
    for assertion in manifest.get("assertions", []):
        if str(assertion.get("label", "")).startswith("c2pa.actions"):
            yield from (str(each.get("action")) for each in assertion.get("data", {}).get("actions", []))


def _signal(state: str, severity: Severity, reading: str, details: dict[str, Any] | None = None) -> Signal:
    return Signal("provenance", "Content Credentials", state, severity, reading, LIMITS, details or {})

"""The Content Credentials signal: a signed history inside the file (C2PA), checked offline through `c2pa-python`."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from unmask.errors import UsageError
from unmask.images import Picture
from unmask.signals.generators import CAPTURED, EDITED, GENERATED, source_type
from unmask.signals.signal import Notice, Signal

LIMITS = (
    "Credentials prove who signed and that nothing changed since, not that the content is true. Nearly all pictures "
    "have none, and anyone can strip them. Trust is checked only against the certificates you name; nothing is fetched."
)
MEDIA = {
    "JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "TIFF": "image/tiff",
    "GIF": "image/gif", "AVIF": "image/avif", "HEIF": "image/heif",
}  # fmt: skip
_MARKS = (b"jumb", b"c2pa")


def read_provenance(picture: Picture, *, trust: Path | None = None) -> Signal:
    """Content Credentials: `trusted`, `unknown_signer`, `broken`, `absent`; `unchecked` where the library is missing.

    Args:
        picture: an opened picture.
        trust: PEM file with the certificates whose signatures are trusted.

    Raises:
        UsageError: the certificates cannot be read.
    """
    data = picture.original
    if data is None or picture.format not in MEDIA or not all(mark in data for mark in _MARKS):
        return _signal("absent", Notice.NONE, "The file carries no Content Credentials, like nearly all pictures.")
    if find_spec("c2pa") is None:
        reading = "The file carries Content Credentials, but they were not checked: pip install 'unmask[provenance]'."
        return _signal("unchecked", Notice.LOOK, reading)
    return _check(data, MEDIA[picture.format], trust)


def _check(data: bytes, media: str, trust: Path | None) -> Signal:
    import c2pa

    try:
        context = c2pa.Context.from_dict(_settings(trust))
        with c2pa.Reader(media, io.BytesIO(data), context=context) as reader:
            store = json.loads(reader.json())
            validity = str(reader.get_validation_state())
    except c2pa.C2paError.ManifestNotFound:
        return _signal("absent", Notice.NONE, "The file carries no Content Credentials, like nearly all pictures.")
    except c2pa.C2paError as error:
        reading = f"The file's Content Credentials are broken and cannot be read ({str(error)[:120]})."
        return _signal("broken", Notice.STRONG, reading, {"error": str(error)[:500]})
    return of_store(store, validity)


def _settings(trust: Path | None) -> dict[str, Any]:
    """Checks without any network, against the user's certificates."""
    settings: dict[str, Any] = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
    if trust:
        settings["trust"] = {"user_anchors": read_anchors(trust)}
    return settings


def read_anchors(path: Path) -> str:
    """The text of a file of certificates.

    Raises:
        UsageError: it cannot be read, or holds none: no picture may look broken because of that.
    """
    try:
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        text = ""
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise UsageError(f"{path}: no readable PEM file of certificates")
    return text


def of_store(store: dict[str, Any], validity: str) -> Signal:
    """The signal for a manifest store as the library gives it."""
    active = store.get("manifests", {}).get(store.get("active_manifest"), {})
    signature = active.get("signature_info", {})
    signer = signature.get("common_name") or signature.get("issuer") or "an unnamed signer"
    sources = list(dict.fromkeys(_source_types(store.get("manifests", {}))))
    faults = [each for each in store.get("validation_status", []) if each.get("code") != "signingCredential.untrusted"]
    details = {
        "signer": signer,
        "issuer": signature.get("issuer"),
        "signed_at": signature.get("time"),
        "made_with": [each.get("name") for each in active.get("claim_generator_info", [])],
        "digital_source_types": sources,
        "actions": list(dict.fromkeys(_actions(active))),
        "validation": validity,
        "faults": [{"code": each.get("code"), "explanation": each.get("explanation")} for each in faults],
    }
    generated = any(each in GENERATED for each in sources)
    declared = next((kind[each] for kind in (GENERATED, EDITED, CAPTURED) for each in sources if each in kind), None)
    claim = f" They declare that it was {declared}." if declared else ""
    if validity not in ("Valid", "Trusted"):
        why = faults[0].get("explanation") or faults[0].get("code") if faults else "validation failed"
        changed = any("mismatch" in str(each.get("code")) for each in faults)
        says = "the file or its history was changed after signing" if changed else "they do not pass the check"
        reading = f"The Content Credentials are broken: {says} ({why}).{claim}"
        return _signal("broken", Notice.STRONG, reading, details)
    notice = Notice.STRONG if generated else Notice.LOOK
    if validity == "Trusted":
        reading = f"Valid Content Credentials signed by {signer}, whom your certificates trust.{claim}"
        return _signal("trusted", notice, reading, details)
    reading = f"Intact Content Credentials signed by {signer}, whom nothing here vouches for.{claim}"
    return _signal("unknown_signer", notice, reading, details)


def _source_types(value: Any) -> Iterator[str]:
    """Every digital source type anywhere in the manifests, ingredients included."""
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


def _signal(state: str, notice: Notice, reading: str, details: dict[str, Any] | None = None) -> Signal:
    return Signal("provenance", "Content Credentials", state, notice, reading, LIMITS, details or {})

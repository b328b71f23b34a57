"""The record of a promotion decision: what was decided, on which data, by which rules; signed if a key is given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unmask._files import write_atomic
from unmask.errors import UsageError
from unmask.promotion.decision import PromotionDecision
from unmask.record.canonical import canonical, digest
from unmask.record.signing import is_signed_by, sign

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SCHEMA = "unmask.promotion/1"


def write_decision(decision: PromotionDecision, path: Path, key: Ed25519PrivateKey | None = None) -> dict[str, Any]:
    """Write the record of a decision, and return it.

    Args:
        decision: the decision.
        path: the JSON file.
        key: private key that signs the record; None for no signature.
    """
    created = datetime.now(UTC).isoformat(timespec="seconds")
    record: dict[str, Any] = {"schema": SCHEMA, "created": created, **decision.to_dict()}
    record["digest"] = digest(record)
    if key is not None:
        record["signature"] = sign(canonical(record), key)
    write_atomic(path, (json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode())
    return record


def decision_faults(path: Path) -> Iterator[str]:
    """Yield one sentence for each fault of a record; nothing for one that is complete and unchanged.

    Raises:
        UsageError: the file is not the record of a decision.
        MissingExtra: the record is signed, and `cryptography` is not installed.
    """
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read as a decision ({error})") from None
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise UsageError(f"{path}: not the record of a promotion decision")
    signature = record.pop("signature", None)
    content = canonical(record)
    stated = record.pop("digest", None)
    if stated != digest(record):
        yield "The record was changed: its content does not match its digest."
    if signature is not None and not is_signed_by(content, signature):
        yield "The signature does not match the record."

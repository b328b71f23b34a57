"""Signatures and key files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.record.forging import failures, resealed
from unmask import Detector
from unmask.errors import UsageError
from unmask.record import make_record
from unmask.record.signing import read_private_key, read_public_key


def test_signatures_find_forgery(detector: Detector, astronaut: Path, keys: tuple[Path, Path, Path]) -> None:
    verdict = detector.predict(astronaut, stability=False)
    key = read_private_key(keys[0])
    signed = make_record(detector, verdict, whole_picture=False, stability=False, key=key)
    own, strange = read_public_key(keys[1]), read_public_key(keys[2])
    assert failures(signed, astronaut, detector, own) == {}
    assert "not the key you named" in failures(signed, None, detector, strange)["signature"]
    forged = {**resealed({**signed, "created": "1999-01-01T00:00:00+00:00"}), "signature": signed["signature"]}
    assert list(failures(forged, None, detector)) == ["signature"]
    unsigned = {name: value for name, value in signed.items() if name != "signature"}
    assert "not signed" in failures(unsigned, None, detector, own)["signature"]
    assert "signature" in failures({**signed, "signature": {"value": 3}}, None, detector)


def test_other_keys_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    path = tmp_path / "key.pem"
    with pytest.raises(UsageError, match="cannot be read"):
        read_private_key(path)
    path.write_text("nonsense", "utf-8")
    with pytest.raises(UsageError, match="PEM"):
        read_private_key(path)

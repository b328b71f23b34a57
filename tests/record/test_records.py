"""Evidence records: made, read back, and every kind of change found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from unmask import Detector, UsageError
from unmask.record import RecordFile, make_record, read_records, verify_record
from unmask.record.canonical import digest

Record = dict[str, Any]


@pytest.fixture(scope="module")
def record(detector: Detector, astronaut: Path) -> Record:
    verdict = detector.predict(astronaut)
    return make_record(detector, verdict, whole_picture=False, stability=True)


def resealed(record: Record) -> Record:
    """A forger's work: content changed, digest made anew."""
    content = {name: value for name, value in record.items() if name not in ("digest", "signature")}
    return {**content, "digest": digest(content)}


def failures(record: Record, picture: Path | None, detector: Detector, key: str | None = None) -> dict[str, str]:
    checks = verify_record(record, picture, load=lambda: detector, public_key=key)
    return {check.name: check.message for check in checks if check.ok is False}


def test_an_untouched_record_holds(record: Record, detector: Detector, astronaut: Path) -> None:
    assert failures(record, astronaut, detector) == {}
    assert failures(json.loads(json.dumps(record)), astronaut, detector) == {}


def test_an_edit_is_found_by_the_digest(record: Record, detector: Detector) -> None:
    edited = {**record, "created": "1999-01-01T00:00:00+00:00"}
    assert "was edited" in failures(edited, None, detector)["digest"]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("verdict", "probability_fake"), 0.3123, "the record says 0.3123"),
        (("verdict", "label"), "no_face", "the record says no_face"),
        (("verdict", "faces"), [], "the record has 0"),
        (("verdict", "thresholds", "fake_above"), 0.9999, "fake_above"),
        (("verdict", "faces", 0, "box"), [0, 0, 5, 5], "the record says [0, 0, 5, 5]"),
        (("verdict", "faces", 0, "stability"), None, "missing in the record"),
        (("model", "sha256"), "0" * 64, "name that file with --model"),
        (("tolerance",), 1.0, "lets scores differ by 1"),
        (("tolerance",), -1.0, "0.001 at most"),
    ],
)
def test_a_forged_digest_does_not_survive_judging_again(
    record: Record, detector: Detector, astronaut: Path, path: tuple[str | int, ...], value: Any, says: str
) -> None:
    forged = json.loads(json.dumps(record))
    place = forged
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    found = failures(resealed(forged), astronaut, detector)
    assert list(found) == ["scores"]
    assert says in found["scores"]


def test_another_picture_is_named(record: Record, detector: Detector, astronaut: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.jpg"
    changed.write_bytes(astronaut.read_bytes() + b"\0")
    assert "The picture changed" in failures(record, changed, detector)["picture"]
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    assert "cannot be judged" in failures(record, broken, detector)["picture"]


def test_incomplete_records_are_refused_in_a_sentence(record: Record, detector: Detector, astronaut: Path) -> None:
    bare = resealed({"type": record["type"], "version": 1})
    assert "makes no sense" in failures(bare, astronaut, detector)["record"]
    forged = resealed({**record, "tolerance": "much"})
    assert "makes no sense" in failures(forged, astronaut, detector)["record"]
    assert "version 9" in failures({**record, "version": 9}, None, detector)["version"].replace("of version", "version")


def test_files_of_records_are_never_overwritten(record: Record, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    file = RecordFile(path)
    file.add(record)
    file.add(record)
    file.close()
    assert list(read_records(path)) == [record, record]
    with pytest.raises(UsageError, match="never overwritten"):
        RecordFile(path)
    pretty = tmp_path / "pretty.json"
    pretty.write_text(json.dumps(record, indent=2), "utf-8")
    assert list(read_records(pretty)) == [record]


@pytest.mark.parametrize("content", [b"", b"hello", b"[1]", b"\xff\xfe\x00", b'{"type": "other"}', b"[" * 100_000])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"other\.json"):
        list(read_records(path))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A private key, its public key, and a stranger's public key, as PEM files."""
    pytest.importorskip("cryptography")
    from cryptography.hazmat.primitives import serialization as ser
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    folder = tmp_path_factory.mktemp("keys")
    own, strange = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    paths = folder / "own.pem", folder / "public.pem", folder / "strange.pem"
    paths[0].write_bytes(own.private_bytes(ser.Encoding.PEM, ser.PrivateFormat.PKCS8, ser.NoEncryption()))
    for path, key in zip(paths[1:], (own, strange), strict=True):
        path.write_bytes(key.public_key().public_bytes(ser.Encoding.PEM, ser.PublicFormat.SubjectPublicKeyInfo))
    return paths


def test_signatures_find_forgery(detector: Detector, astronaut: Path, keys: tuple[Path, Path, Path]) -> None:
    from unmask.record.signing import read_private_key, read_public_key

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


def test_other_keys_are_refused_with_the_way_to_make_one(tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    from unmask.record.signing import read_private_key

    path = tmp_path / "key.pem"
    with pytest.raises(UsageError, match="cannot be read"):
        read_private_key(path)
    path.write_text("nonsense", "utf-8")
    with pytest.raises(UsageError, match="PEM"):
        read_private_key(path)


def test_pixels_without_a_file_can_be_recorded(detector: Detector, portrait: Image.Image) -> None:
    verdict = detector.predict(portrait, stability=False)
    made = make_record(detector, verdict, whole_picture=False, stability=False)
    assert made["input"]["name"] is None

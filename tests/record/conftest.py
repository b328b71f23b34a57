"""One record by a shipped model, and keys to sign with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.record.forging import Record
from unmask import Detector
from unmask.record import make_record


@pytest.fixture(scope="session")
def record(detector: Detector, astronaut: Path) -> Record:
    verdict = detector.predict(astronaut)
    return make_record(detector, verdict, whole_picture=False, stability=True)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A private key, its public key, and another person's public key, as PEM files."""
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

"""Content Credentials made with a test certificate: trusted, unknown, broken, absent."""

from __future__ import annotations

import datetime as dt
import io
import sys
from pathlib import Path
from typing import Any

import pytest

from unmask import open_image
from unmask._version import install_command
from unmask.errors import UsageError
from unmask.signals import Severity, Signal
from unmask.signals.provenance import read_provenance, signal_from_manifests

c2pa = pytest.importorskip("c2pa")
x509 = pytest.importorskip("cryptography.x509")

SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def certificates() -> tuple[bytes, bytes, bytes]:
    """A signer's chain, its root, and the signer's key, as PEM."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("root", "signer")}
    now = dt.datetime.now(dt.UTC)

    def name(common: str) -> Any:
        organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "unmask tests")
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common), organization])

    def made(subject: str, *, authority: bool) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name("root"))
            .public_key(keys[subject].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=30))
            .add_extension(x509.BasicConstraints(authority, 1 if authority else None), critical=True)
            .add_extension(
                x509.KeyUsage(not authority, False, False, False, False, authority, authority, False, False),
                critical=True,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(keys[subject].public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(keys["root"].public_key()), critical=False
            )
        )
        if not authority:
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            builder = builder.add_extension(usage, critical=False)
        return builder.sign(keys["root"], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    root = made("root", authority=True)
    private = keys["signer"].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made("signer", authority=False) + root, root, private


def signed(picture: bytes, chain: bytes, key: bytes, source: str) -> bytes:
    info = c2pa.C2paSignerInfo(alg=b"es256", sign_cert=chain, private_key=key, ta_url=None)
    action = {"action": "c2pa.created", "digitalSourceType": SOURCE + source}
    manifest = {
        "claim_generator_info": [{"name": "unmask tests", "version": "1"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }
    out = io.BytesIO()
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(manifest) as builder:
        builder.sign(signer, "image/jpeg", io.BytesIO(picture), out)
    return out.getvalue()


@pytest.fixture(scope="module")
def made(astronaut: Path) -> tuple[bytes, bytes]:
    """A picture with Content Credentials that state it is generated, and the root certificate."""
    chain, root, key = certificates()
    return signed(astronaut.read_bytes(), chain, key, "trainedAlgorithmicMedia"), root


@pytest.fixture(scope="module")
def anchors(made: tuple[bytes, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trust") / "root.pem"
    path.write_bytes(made[1])
    return path


def read(data: bytes, trust: Path | None = None) -> Signal:
    return read_provenance(open_image(data), trust=trust)


def test_an_unknown_signer_is_not_vouched_for(made: tuple[bytes, bytes]) -> None:
    signal = read(made[0])
    assert signal.state == "unknown_signer"
    assert "signer" in signal.reading
    assert signal.details["digital_source_types"] == ["trainedAlgorithmicMedia"]
    assert signal.details["actions"] == ["c2pa.created"]


def test_trusted_signature_of_a_generated_picture_is_strong(made: tuple[bytes, bytes], anchors: Path) -> None:
    signal = read(made[0], anchors)
    assert (signal.state, signal.severity) == ("trusted", Severity.STRONG)
    assert "made by a trained model" in signal.reading


def test_trusted_signature_of_a_camera_is_worth_a_look(astronaut: Path, tmp_path: Path) -> None:
    chain, root, key = certificates()
    trust = tmp_path / "root.pem"
    trust.write_bytes(root)
    signal = read(signed(astronaut.read_bytes(), chain, key, "digitalCapture"), trust)
    assert (signal.state, signal.severity) == ("trusted", Severity.LOOK)
    assert "digital camera" in signal.reading


def test_changed_pixels_break_the_signature(made: tuple[bytes, bytes], anchors: Path) -> None:
    changed = bytearray(made[0])
    changed[-4000] ^= 0x5A
    signal = read(bytes(changed), anchors)
    assert (signal.state, signal.severity) == ("broken", Severity.STRONG)
    assert signal.details["faults"]
    assert "changed after signing" in signal.reading


def test_a_certificate_that_ran_out_does_not_mean_that_the_file_was_changed() -> None:
    fault = {"code": "signingCredential.expired", "explanation": "certificate expired"}
    signal = signal_from_manifests({"validation_status": [fault]}, "Invalid")
    assert signal.state == "broken"
    assert "changed" not in signal.reading
    assert "certificate expired" in signal.reading


def test_a_damaged_manifest_is_broken(made: tuple[bytes, bytes]) -> None:
    at = made[0].find(b"c2pa.signature") + 200
    changed = bytearray(made[0])
    changed[at : at + 40] = bytes(40)
    assert read(bytes(changed)).state == "broken"


def test_pictures_without_are_absent(astronaut: Path) -> None:
    assert read(astronaut.read_bytes()).state == "absent"
    assert read(astronaut.read_bytes() + b" jumb c2pa ").state == "absent"


def test_without_the_library_they_are_unchecked(made: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)
    signal = read(made[0])
    assert signal.state == "unchecked"
    assert install_command("provenance") in signal.reading


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"\xff\xfe"])
def test_unreadable_certificates_are_an_error(made: tuple[bytes, bytes], tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "none.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"none\.pem"):
        read(made[0], path)

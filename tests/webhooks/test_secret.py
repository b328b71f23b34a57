from __future__ import annotations

import base64
from pathlib import Path

import pytest

from unmask.errors import UsageError
from unmask.webhooks import SECRET_VARIABLE, read_secret


def test_a_secret_is_read_from_a_file_or_the_environment(tmp_path: Path) -> None:
    key = bytes(range(32))
    (tmp_path / "secret").write_text(f"whsec_{base64.b64encode(key).decode()}\n")
    assert read_secret(tmp_path / "secret", {SECRET_VARIABLE: "not used not used"}) == key
    assert read_secret(None, {SECRET_VARIABLE: "a plain text of one's own"}) == b"a plain text of one's own"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a webhook needs a secret that signs it; set UNMASK_WEBHOOK_SECRET or name a file with it"),
        ("   ", "a webhook needs a secret"),
        ("too-short-secret"[:15], "a secret has at least 16 bytes"),
        ("whsec_!!!!", "not base64"),
        ("whsec_YWJj", "at least 16 bytes"),
    ],
)
def test_a_missing_or_weak_secret_is_rejected_without_showing_it(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        read_secret(None, {SECRET_VARIABLE: text})
    assert not text.strip() or text not in error.value.message


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xff" * 20)
    for name, reason in (("none", "No such file"), ("binary", "not a text file")):
        with pytest.raises(UsageError, match=rf"{name}: the secret of the webhook cannot be read \({reason}"):
            read_secret(tmp_path / name, {})

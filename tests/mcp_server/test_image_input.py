from __future__ import annotations

import base64
import os
from contextlib import chdir
from pathlib import Path

import pytest

from tests.conftest import SAMPLES
from unmask.errors import NotAnImage, UsageError
from unmask.images import Limits
from unmask.mcp_server import ImageInput
from unmask.web import web_fetch
from unmask.web.errors import FetchForbidden


def test_relative_and_absolute_paths_inside_the_folder_are_opened(folder: Path) -> None:
    images = ImageInput.allow([folder])
    assert images.open("a.jpg", None).sha256 == images.open(str(folder / "a.jpg"), None).sha256


def test_the_current_folder_is_the_default_but_not_the_root(folder: Path) -> None:
    with chdir(folder):
        assert ImageInput.allow(()).folders == (folder.resolve(),)
    with chdir("/"), pytest.raises(UsageError, match="--allow"):
        ImageInput.allow(())


@pytest.mark.parametrize("path", ["../secret.jpg", "/etc/hostname", "sub/../../secret.jpg", "~/secret.jpg", "link.jpg"])
def test_paths_outside_are_rejected_also_through_links(folder: Path, path: str) -> None:
    (folder.parent / "secret.jpg").write_bytes((SAMPLES / "astronaut.jpg").read_bytes())
    os.symlink(folder.parent / "secret.jpg", folder / "link.jpg")
    with pytest.raises(UsageError, match="outside the allowed folders"):
        ImageInput.allow([folder]).open(path, None)


def test_a_folder_whose_name_only_starts_alike_is_outside(folder: Path) -> None:
    (folder.parent / "inside-not").mkdir()
    with pytest.raises(UsageError, match="outside"):
        ImageInput.allow([folder]).check_path("../inside-not/a.jpg")


def test_base64_and_data_urls_are_decoded(folder: Path) -> None:
    data = (SAMPLES / "astronaut.jpg").read_bytes()
    text = base64.b64encode(data).decode("ascii")
    images = ImageInput.allow([folder])
    for given in (text, f"data:image/jpeg;base64,{text}", "\n".join(text[i : i + 76] for i in range(0, len(text), 76))):
        assert images.open(None, given).original == data


@pytest.mark.parametrize(("data", "message"), [("%%%", "cannot be decoded"), ("A" * 2000, "more than 1,000 bytes")])
def test_bad_base64_has_a_message(folder: Path, data: str, message: str) -> None:
    with pytest.raises(NotAnImage, match=message):
        ImageInput.allow([folder], Limits(bytes=1000)).open(None, data)


def test_exactly_one_input_is_needed(folder: Path) -> None:
    images = ImageInput.allow([folder])
    for path, data in ((None, None), ("a.jpg", "AAAA")):
        with pytest.raises(UsageError, match="either path, base64 or url"):
            images.open(path, data)


def test_a_path_with_a_null_byte_is_an_error(folder: Path) -> None:
    with pytest.raises(UsageError, match="path"):
        ImageInput.allow([folder]).check_path("a\0.jpg")


def test_a_folder_that_does_not_exist_is_an_error(folder: Path) -> None:
    with pytest.raises(UsageError, match="not a folder"):
        ImageInput.allow([folder / "nowhere"])


def test_addresses_are_loaded_only_if_the_server_may(folder: Path) -> None:
    with pytest.raises(UsageError, match="--fetch"):
        ImageInput.allow([folder]).open(None, url="https://example.org/a.jpg")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/a.jpg", "file:///etc/passwd", "http://[::1]/a.jpg", "http://169.254.169.254/"]
)
def test_addresses_of_private_networks_are_rejected(folder: Path, url: str) -> None:
    with pytest.raises(FetchForbidden):
        ImageInput.allow([folder], fetch=True).open(None, url=url)


def test_a_loaded_picture_has_the_address_as_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = (SAMPLES / "astronaut.jpg").read_bytes()
    monkeypatch.setattr(web_fetch, "fetch_file", lambda url, limit: web_fetch.FetchedFile("a.jpg", data))
    opened = ImageInput.allow([folder], fetch=True).open(None, url="https://example.org/a.jpg")
    assert (opened.name, opened.original) == ("https://example.org/a.jpg", data)

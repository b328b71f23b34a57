"""Paths as people and programs write them into lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from unmask._listed_paths import find_listed, is_plain, is_windows_absolute, missing_reason, unquoted


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"a b.jpg"', "a b.jpg"),
        ("'a b.jpg'", "a b.jpg"),
        ("  a b.jpg ", "a b.jpg"),
        ('"""', '"'),
        ('""', '""'),
        ("it's.jpg", "it's.jpg"),
        ("\"mixed'", "\"mixed'"),
    ],
)
def test_surrounding_quotes_and_spaces_are_removed(written: str, expected: str) -> None:
    assert unquoted(written) == expected


@pytest.mark.parametrize("name", ["sub/a b.jpg", "sub/é.jpg", "'sub'", " sub/space .jpg "])
def test_a_path_as_written_has_precedence(tmp_path: Path, name: str) -> None:
    for each in (name, unquoted(name)):
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).touch()
    assert find_listed(name, tmp_path) == name


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ('"sub/a b.jpg"', "sub/a b.jpg"),
        (r"sub\a b.jpg", "sub/a b.jpg"),
        (r'"sub\a b.jpg"', "sub/a b.jpg"),
        ("sub/\udce9.jpg", "sub/é.jpg"),
        ("sub\\\udce9.jpg", "sub/é.jpg"),
        ("sub/none.jpg", None),
    ],
)
def test_other_readings_need_an_existing_file(tmp_path: Path, written: str, found: str | None) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("a b.jpg", "é.jpg"):
        (tmp_path / "sub" / name).touch()
    assert find_listed(written, tmp_path) == found


def test_plain_paths_have_one_reading() -> None:
    assert is_plain("photos/a b.jpg")
    assert is_plain("photos/é.jpg")
    assert not any(map(is_plain, ("a\\b.jpg", '"a.jpg"', " a.jpg", "\udce9.jpg")))


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (r"C:\photos\a.jpg", "Windows path"),
        (r"\\server\photos\a.jpg", "Windows path"),
        (r"photos\a.jpg", "backslashes"),
        ("\udce9.jpg", "save the list as UTF-8"),
        ("photos/a.jpg", ""),
    ],
)
def test_the_reason_of_a_missing_file(path: str, reason: str) -> None:
    assert reason in missing_reason(path)
    assert bool(missing_reason(path)) is bool(reason)


def test_windows_paths_are_recognized() -> None:
    assert is_windows_absolute("c:/a.jpg")
    assert not is_windows_absolute("photos/c:/a.jpg")

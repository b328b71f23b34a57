"""Find the file that a path in a list or table means.

Lists are written on other systems and copied by hand: paths have quotes around them, backslashes, or characters in the
encoding of an old spreadsheet. The path as written has precedence; another reading counts only if its file exists.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

QUOTES = ('"', "'")
_FOREIGN_BYTE = re.compile("[\udc80-\udcff]")
_WINDOWS_ROOT = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def find_listed(written: str, folder: Path) -> str | None:
    """The first reading of a path that is the path of an existing file, or None.

    Args:
        written: the path as written.
        folder: relative paths start here.

    Raises:
        OSError, ValueError: the text cannot be a path, such as one of 10,000 characters.
    """
    return next((each for each in _readings(written) if (folder / each).exists()), None)


def _readings(written: str) -> Iterator[str]:
    texts = dict.fromkeys((written, unquoted(written), as_cp1252(unquoted(written))))
    yield from texts
    yield from (text.replace("\\", "/") for text in texts if "\\" in text)


def unquoted(written: str) -> str:
    """The path without surrounding spaces and quotes, as the Windows command "Copy as path" writes them."""
    text = written.strip()
    is_quoted = len(text) > 2 and text[0] == text[-1] and text[0] in QUOTES
    return text[1:-1] if is_quoted else text


def as_cp1252(text: str) -> str:
    """The text with bytes that are not UTF-8 read as cp1252, the encoding of old Windows programs."""
    if not has_foreign_bytes(text):
        return text
    data = text.encode("utf-8", "surrogateescape")
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def has_foreign_bytes(text: str) -> bool:
    """Whether bytes of the text were not UTF-8."""
    return not text.isascii() and _FOREIGN_BYTE.search(text) is not None


def is_plain(written: str) -> bool:
    """Whether a path has only one reading."""
    return written == unquoted(written) and "\\" not in written and not has_foreign_bytes(written)


def is_windows_absolute(path: str) -> bool:
    """Whether a path starts with a drive letter or with two backslashes."""
    return _WINDOWS_ROOT.match(path) is not None


def missing_reason(written: str) -> str:
    """What to do about a listed path without a file; empty if nothing about the path is unusual."""
    if os.name == "nt":
        return ""
    if is_windows_absolute(written):
        return "it is a Windows path; write it as this system names the file (in WSL, C:\\ is /mnt/c/)"
    if "\\" in written:
        return "it has backslashes; write / between folders, and check the folder that the path starts from"
    return "its name is not UTF-8; save the list as UTF-8" if has_foreign_bytes(written) else ""

"""Commands that error messages suggest instead of the one that was typed."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from shlex import quote
from urllib.parse import urlsplit

from unmask.errors import MissingFile
from unmask.images import SUFFIXES
from unmask.video import is_video


def is_url(source: str) -> bool:
    """Whether a source is a web address."""
    return source.lower().startswith(("http://", "https://"))


def command_for(source: str) -> str | None:
    """The command that judges `source`; None if it is no file, folder, picture name or web address."""
    if is_url(source):
        return fetch_command(source, "detect")
    named_like_a_picture = PurePosixPath(source).suffix.lower() in SUFFIXES or is_video(source)
    return f"unmask detect {quote(source)}" if named_like_a_picture or os.path.exists(source) else None


def fetch_command(url: str, command: str) -> str:
    """The shell command that fetches a picture or a clip with curl and runs `unmask COMMAND` on it."""
    name = PurePosixPath(urlsplit(url).path).name
    if is_video(name):
        return f"curl -s {quote(url)} -o {quote(name)} && unmask {command} {quote(name)}"
    return f"curl -s {quote(url)} | unmask {command} -"


def require_file(source: str, command: str) -> None:
    """Check that a source is no web address.

    Raises:
        MissingFile: it is one; the message holds the command to run instead.
    """
    if is_url(source):
        fetch = fetch_command(source, command)
        raise MissingFile(f"{source}: unmask {command} reads files and does not fetch addresses; run: {fetch}")

"""Commands that error messages suggest instead of the one that was typed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import PurePosixPath
from shlex import quote
from urllib.parse import urlsplit

from unmask.errors import MissingFile, NotAnImage, UnmaskError
from unmask.images import SUFFIXES
from unmask.scanning import archives, lists, remote
from unmask.verdict import Failure
from unmask.video import is_video


def is_url(source: str) -> bool:
    """Whether a source is a web address."""
    return source.lower().startswith(("http://", "https://"))


def command_for(source: str) -> str | None:
    """The command that judges `source`; None if it is no file, folder, picture name or web address."""
    if is_url(source):
        return fetch_command(source, "detect")
    if needs_scan(source):
        return f"unmask scan {quote(source)}"
    named_like_a_picture = PurePosixPath(source).suffix.lower() in SUFFIXES or is_video(source)
    return f"unmask detect {quote(source)}" if named_like_a_picture or os.path.exists(source) else None


def needs_scan(source: str) -> bool:
    """Whether only `unmask scan` reads a source: a remote store, or an archive or a list by its name."""
    return remote.is_remote(source) or archives.is_archive(source) or lists.is_list(source)


def fetch_command(url: str, command: str) -> str:
    """The shell command that fetches a picture or a clip with curl and runs `unmask COMMAND` on it."""
    name = PurePosixPath(urlsplit(url).path).name
    if is_video(name):
        return f"curl -s {quote(url)} -o {quote(name)} && unmask {command} {quote(name)}"
    return f"curl -s {quote(url)} | unmask {command} -"


def require_file(source: str, command: str) -> None:
    """Check that a source is neither a web address nor in a remote store.

    Raises:
        MissingFile: it is; the message holds the command to run instead.
    """
    if is_url(source):
        fetch = fetch_command(source, command)
        raise MissingFile(f"{source}: unmask {command} reads files and does not fetch addresses; run: {fetch}")
    if remote.is_remote(source):
        raise MissingFile(f"{source}: unmask {command} reads local files; run: unmask scan {quote(source)}")


def failure(error: UnmaskError, source: str) -> Failure:
    """The failure of `unmask detect`; that of an archive or a list names the command that reads it."""
    found = Failure.from_error(error)
    if isinstance(error, NotAnImage) and needs_scan(source):
        return replace(found, message=f"{found.message}; run: unmask scan {quote(source)}")
    return found

"""The input of the tools: a path inside an allowed folder, base64, or an address if the server may load it."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from unmask.errors import NotAnImage, UsageError
from unmask.images import Limits, Picture, open_image


@dataclass(frozen=True, slots=True)
class ImageInput:
    """Opens what a tool call names, and nothing outside the allowed folders.

    Attributes:
        folders: resolved paths of the allowed folders.
        limits: the largest image to accept.
        fetch: whether images are loaded from addresses of the public web.
    """

    folders: tuple[Path, ...]
    limits: Limits
    fetch: bool = False

    @classmethod
    def allow(
        cls, folders: Sequence[str | os.PathLike[str]], limits: Limits | None = None, *, fetch: bool = False
    ) -> ImageInput:
        """The input for these folders.

        Args:
            folders: the allowed folders; empty for the current folder.
            limits: the largest image to accept.
            fetch: whether images are loaded from addresses of the public web.

        Raises:
            UsageError: a folder does not exist, or none is named in the root of the file system.
        """
        current = Path.cwd()
        if not folders and current == Path(current.anchor):
            raise UsageError("the current folder is the root of the file system; name the folders with --allow DIR")
        resolved = tuple(Path(os.path.realpath(folder)) for folder in folders or (current,))
        for given, folder in zip(folders, resolved, strict=False):
            if not folder.is_dir():
                raise UsageError(f"--allow {os.fspath(given)}: is not a folder; name an existing one")
        return cls(resolved, limits or Limits(), fetch)

    def check_path(self, path: str) -> Path:
        """The resolved path; links are followed before the comparison. A relative path starts in the first folder.

        Raises:
            UsageError: the path lies outside the allowed folders.
        """
        try:
            resolved = Path(os.path.realpath(self.folders[0] / os.path.expanduser(path)))
        except ValueError as error:
            raise UsageError(f"{path!r}: is not a path ({error})") from None
        if not any(resolved.is_relative_to(folder) for folder in self.folders):
            allowed = ", ".join(map(str, self.folders))
            raise UsageError(f"{path}: lies outside the allowed folders ({allowed}); the server's --allow names them")
        return resolved

    def open(self, path: str | None, data: str | None = None, url: str | None = None) -> Picture:
        """Opens the image of a tool call.

        Args:
            path: a path inside an allowed folder.
            data: the bytes of the image file in base64, or a data URL.
            url: `http` or `https` address of the image file.

        Raises:
            ImageError: the image cannot be opened; the message states why.
            RequestError: the address cannot or may not be loaded.
            UsageError: the path lies outside the allowed folders, the server loads no addresses, or not exactly one of
                the three is given.
        """
        if sum(each is not None for each in (path, data, url)) != 1:
            raise UsageError("give either path, base64 or url, and only one of them")
        if url is not None:
            return self._load(url)
        if data is not None:
            return open_image(_decode(data, self.limits), limits=self.limits)
        return open_image(self.check_path(path or ""), name=path, limits=self.limits)

    def _load(self, url: str) -> Picture:
        if not self.fetch:
            raise UsageError("this server loads no addresses; start it with --fetch, or give path or base64")
        from unmask.web.web_fetch import fetch_file

        return open_image(fetch_file(url, self.limits.bytes).data, name=url, limits=self.limits)


def _decode(data: str, limits: Limits) -> bytes:
    """The bytes of base64 text or of a data URL.

    Raises:
        NotAnImage: the text is not base64, or is longer than the limits.
    """
    text = data.partition(",")[2] if data.startswith("data:") else data
    if len(text) * 3 // 4 > limits.bytes:
        raise NotAnImage(f"base64: more than {limits.bytes:,} bytes; save the picture and give its path")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotAnImage(f"base64: cannot be decoded ({error}); give the base64 of the file's bytes") from None

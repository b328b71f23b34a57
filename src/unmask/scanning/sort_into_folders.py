"""Pictures copied or moved into one folder for each label.

A picture is copied before its finding is written and an original is removed only after: a crash in between leaves a
copy too many, never a picture too few, and going on puts that right.
"""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath, PurePosixPath

from unmask.errors import OutputError, UsageError
from unmask.images import Limits
from unmask.scanning.archives import SEPARATOR
from unmask.scanning.items import is_stored_elsewhere, read_again
from unmask.scanning.remote import CHAIN
from unmask.verdict import Finding, Verdict


class FolderSorter:
    """Puts judged pictures into `folder/label/…`, under the path they have below the source they come from."""

    def __init__(self, folder: Path, sources: Sequence[str], *, move: bool) -> None:
        """File into a folder.

        Args:
            folder: made if need be.
            sources: what is scanned.
            move: remove the originals, instead of leaving them where they are.

        Raises:
            UsageError: the sources cannot be moved from.
        """
        self._folder = folder
        self._roots = [PurePath(source) for source in sources if os.path.isdir(source)]
        self._move = move
        if move and (elsewhere := next((each for each in sources if is_stored_elsewhere(each)), None)):
            raise UsageError(f"{elsewhere}: pictures can be moved only from folders; use --copy-to")

    def place(self, finding: Finding) -> None:
        """Copy a judged picture into its label's folder; what cannot be judged stays where it is.

        Raises:
            OutputError: the folder cannot be written to.
        """
        verdict = finding.verdict
        if verdict is None or (target := self._target(finding.path, verdict)) is None:
            return
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if is_stored_elsewhere(finding.path):
                target.write_bytes(read_again(finding.path, Limits()))
            else:
                _copy(finding.path, target, link=self._move)
        except OSError as error:
            raise OutputError(
                f"{target}: cannot be written ({error.strerror or error}); go on with --resume"
            ) from error

    def settle(self, written: Iterable[Finding]) -> None:
        """Remove the originals of pictures whose findings are written and whose copies are there."""
        for finding in written if self._move else ():
            verdict = finding.verdict
            if verdict is None or is_stored_elsewhere(finding.path) or not os.path.isfile(finding.path):
                continue
            if self._target(finding.path, verdict) is None:
                os.unlink(finding.path)

    def filed(self, path: str, verdict: Verdict) -> Path | None:
        """Where a picture lies that was filed; None where it is in none of its places."""
        return next((place for place in reversed(self._places(path, verdict)) if place.exists()), None)

    def _places(self, path: str, verdict: Verdict) -> tuple[Path, Path]:
        """Where a picture may go: under its own name, or, where another has that, with its digest."""
        base = self._folder / str(verdict.label) / self._relative(path)
        return base, base.with_name(f"{base.stem}-{verdict.sha256[:12]}{base.suffix}")

    def _target(self, path: str, verdict: Verdict) -> Path | None:
        """Where the picture goes; None where it lies there already."""
        for target in self._places(path, verdict):
            if not target.exists():
                return target
            if not is_stored_elsewhere(path) and filecmp.cmp(path, target, shallow=False):
                return None
        return target

    def _relative(self, path: str) -> PurePosixPath:
        """The path below its source, made harmless."""
        root = next((root for root in self._roots if PurePath(path).is_relative_to(root)), None)
        if root is not None:
            rest = str(PurePath(path).relative_to(root))
        elif SEPARATOR in path:
            rest = path.rpartition(SEPARATOR)[2]
        elif is_stored_elsewhere(path):
            rest = PurePosixPath(path.partition(CHAIN)[0]).name
        else:
            rest = PurePosixPath(path.replace("\\", "/")).name
        parts = [part for part in PurePosixPath(rest.replace(os.sep, "/")).parts if part not in ("/", "..", ".")]
        return PurePosixPath(*parts) if parts else PurePosixPath("picture")


def _copy(source: str, target: Path, *, link: bool) -> None:
    """Copy through a temporary name, so that a crash leaves no half picture; a link does where only one is to stay."""
    if link:
        try:
            os.link(source, target, follow_symlinks=True)
        except OSError:
            pass
        else:
            return
    temporary = target.with_name(f".{target.name[:100]}.part")
    shutil.copyfile(source, temporary)
    shutil.copystat(source, temporary)
    temporary.replace(target)

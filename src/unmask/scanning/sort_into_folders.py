"""Copy or move images into one folder per label.

An image is copied before its finding is written, and the original is deleted after. A crash between the two leaves
both files; resuming the scan deletes the original.
"""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath, PurePosixPath

from unmask._files import atomic_path
from unmask.errors import OutputError, UsageError
from unmask.images import Limits
from unmask.scanning.archives import SEPARATOR
from unmask.scanning.items import is_local_file, read_bytes
from unmask.scanning.remote import CHAIN
from unmask.verdict import Finding, Verdict


class FolderSorter:
    """Puts images into `folder/LABEL/…`, under the path they have below their source."""

    def __init__(self, folder: Path, sources: Sequence[str], *, move: bool) -> None:
        """Check that the sources can be sorted.

        Args:
            folder: the target folder, created when the first image is copied.
            sources: the sources of the scan.
            move: delete each original after its finding is written.

        Raises:
            UsageError: `move` is set and a source is an archive or a URL.
        """
        self._folder = folder
        self._roots = [PurePath(source) for source in sources if os.path.isdir(source)]
        self._move = move
        if move and (remote := next((source for source in sources if not is_local_file(source)), None)):
            raise UsageError(f"{remote}: pictures can be moved only from folders; use --copy-to")

    def copy(self, finding: Finding) -> None:
        """Copy an image into its label's folder. An image without a verdict is not copied.

        Raises:
            OutputError: the folder cannot be written to.
        """
        verdict = finding.verdict
        if verdict is None or (target := self._free_target(finding.path, verdict)) is None:
            return
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if is_local_file(finding.path):
                _copy_file(finding.path, target, link=self._move)
            else:
                target.write_bytes(read_bytes(finding.path, Limits()))
        except OSError as error:
            raise OutputError(
                f"{target}: cannot be written ({error.strerror or error}); free space or fix the permissions, then "
                "repeat with --resume"
            ) from error

    def delete_originals(self, written: Iterable[Finding]) -> None:
        """If images are to be moved, delete the originals of written findings whose copies exist."""
        for finding in written if self._move else ():
            verdict = finding.verdict
            if verdict is None or not is_local_file(finding.path) or not os.path.isfile(finding.path):
                continue
            if self._free_target(finding.path, verdict) is None:
                os.unlink(finding.path)

    def find_copy(self, path: str, verdict: Verdict) -> Path | None:
        """The path of an image's copy; None if there is none."""
        return next((target for target in reversed(self._targets(path, verdict)) if target.exists()), None)

    def _targets(self, path: str, verdict: Verdict) -> tuple[Path, Path]:
        """The two possible paths of a copy: its own name, and the name with a digest if another file has the first."""
        base = self._folder / str(verdict.label) / self._relative(path)
        return base, base.with_name(f"{base.stem}-{verdict.sha256[:12]}{base.suffix}")

    def _free_target(self, path: str, verdict: Verdict) -> Path | None:
        """Where to copy an image; None if an equal copy exists."""
        for target in self._targets(path, verdict):
            if not target.exists():
                return target
            if is_local_file(path) and filecmp.cmp(path, target, shallow=False):
                return None
        return target

    def _relative(self, path: str) -> PurePosixPath:
        """The path below its source, without parts that would lead out of the target folder."""
        root = next((root for root in self._roots if PurePath(path).is_relative_to(root)), None)
        if root is not None:
            rest = str(PurePath(path).relative_to(root))
        elif SEPARATOR in path:
            rest = path.rpartition(SEPARATOR)[2]
        elif is_local_file(path):
            rest = PurePosixPath(path.replace("\\", "/")).name
        else:
            rest = PurePosixPath(path.partition(CHAIN)[0]).name
        parts = [part for part in PurePosixPath(rest.replace(os.sep, "/")).parts if part not in ("/", "..", ".")]
        return PurePosixPath(*parts) if parts else PurePosixPath("picture")


def _copy_file(source: str, target: Path, *, link: bool) -> None:
    """Copy atomically; with `link`, make a hard link if possible."""
    if link:
        try:
            os.link(source, target, follow_symlinks=True)
        except OSError:
            pass
        else:
            return
    with atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)
        shutil.copystat(source, temporary)

"""What each tool does, without the protocol: from the arguments of a call to structured content and text."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from unmask.detector import Detector
from unmask.errors import UnmaskError, UsageError
from unmask.explaining import explain
from unmask.images import Picture
from unmask.mcp_server import answers
from unmask.mcp_server.image_input import ImageInput
from unmask.record import compare_records, make_record, read_records
from unmask.reporting.report import make_report
from unmask.scanning.sources import walk_pictures
from unmask.verdict import Failure, Finding
from unmask.video import is_video

MAX_PAGE = 200
"""Pictures that one call of the folder scan judges at most."""
MAX_PIXELS = 900
"""Longest side in pixels of a returned picture."""
RECORD_SUFFIXES = (".json", ".jsonl")
"""Endings of evidence records."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a tool.

    Attributes:
        content: structured content, JSON values.
        text: the same in sentences.
        png: a picture; None without one.
    """

    content: dict[str, Any]
    text: str
    png: bytes | None = None


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools on one detector and one set of allowed folders. Thread-safe."""

    detector: Detector
    images: ImageInput

    def detect(
        self,
        path: str | None = None,
        data: str | None = None,
        url: str | None = None,
        *,
        whole_picture: bool = False,
    ) -> Answer:
        """Judges one picture.

        Args:
            path: a path inside an allowed folder.
            data: the bytes of the picture in base64.
            url: address of the picture.
            whole_picture: judge the whole picture if it has no face.

        Raises:
            ImageError: the picture cannot be judged.
            RequestError: the address cannot or may not be loaded.
            UsageError: the path lies outside the allowed folders, or the server loads no addresses.
        """
        picture = self.images.open(path, data, url)
        verdict = self.detector.predict(picture, whole_picture=whole_picture)
        whole = any(face.detection_score is None for face in verdict.faces)
        content = answers.verdict_answer(verdict, self.detector.card, whole_picture=whole)
        return Answer(content, answers.verdict_text(content))

    def explain(
        self, path: str | None = None, data: str | None = None, url: str | None = None, *, method: str | None = None
    ) -> Answer:
        """Explains one picture with a heat map; the arguments and errors are those of `detect`.

        Args:
            path: a path inside an allowed folder.
            data: the bytes of the picture in base64.
            url: address of the picture.
            method: name of the explanation method; None for the model's own.
        """
        explanation = explain(self.detector, self.images.open(path, data, url), method=method, faithfulness=True)
        content = answers.explanation_answer(explanation, self.detector.card)
        drawing = explanation.overlay()
        drawing.thumbnail((MAX_PIXELS, MAX_PIXELS))
        buffer = io.BytesIO()
        drawing.save(buffer, "PNG", optimize=True)
        return Answer(content, answers.explanation_text(content), buffer.getvalue())

    def report(self, path: str | None = None, data: str | None = None, url: str | None = None) -> Answer:
        """Reports on one picture: verdict and signals; the arguments and errors are those of `detect`."""
        content = answers.report_answer(make_report(self.detector, self.images.open(path, data, url)))
        return Answer(content, answers.report_text(content))

    def scan_folder(
        self,
        folder: str,
        *,
        cursor: str | None = None,
        page_size: int = 20,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> Answer:
        """Judges one page of the pictures below a folder, in sorted order.

        Args:
            folder: a folder inside an allowed folder.
            cursor: `next_cursor` of the page before; None for the first page.
            page_size: pictures of this page, 1 to `MAX_PAGE`.
            progress: called with the number of judged pictures and that of this page.

        Raises:
            UsageError: the folder is not allowed or has no picture, or the page size is out of range.
        """
        if not 1 <= page_size <= MAX_PAGE:
            raise UsageError(f"page_size {page_size} is not in 1 to {MAX_PAGE}; give a number in this range")
        root = self.images.check_path(folder)
        if not root.is_dir():
            raise UsageError(f"{folder}: is not a folder; give a folder, or call detect for one picture")
        names = [os.path.relpath(path, root) for path in walk_pictures(str(root)) if not is_video(path)]
        if not names:
            raise UsageError(f"{folder}: no picture in this folder")
        rest = sorted(name for name in names if cursor is None or name > cursor)
        page = list(islice(rest, page_size))
        findings = []
        for done, name in enumerate(page, start=1):
            findings.append(self._finding(root, name))
            progress(done, len(page))
        following = page[-1] if len(rest) > len(page) else None
        content = answers.folder_answer(findings, len(names), following)
        return Answer(content, answers.folder_text(content))

    def _finding(self, root: Path, name: str) -> Finding:
        path = str(root / name)
        try:
            return Finding(path, self.detector.predict(self.images.open(path)))
        except UnmaskError as error:
            return Finding(path, Failure.from_error(error))

    def compare_records(self, first: str, second: str) -> Answer:
        """Compares the records of two pictures, each a picture or a record that `unmask detect --record` wrote.

        Args:
            first: a path inside an allowed folder.
            second: the other path.

        Raises:
            ImageError: a picture cannot be judged.
            UsageError: a path lies outside the allowed folders, or a file is not a record.
        """
        comparison = compare_records(self._record(first), self._record(second))
        return Answer(comparison.to_dict(), f"{comparison.reading}\n{answers.NOT_PROOF}")

    def _record(self, path: str) -> dict[str, Any]:
        resolved = self.images.check_path(path)
        if resolved.suffix.lower() in RECORD_SUFFIXES:
            records: Sequence[dict[str, Any]] = list(islice(read_records(resolved), 2))
            if len(records) != 1:
                raise UsageError(f"{path}: has more than one record; give a file with one")
            return records[0]
        picture: Picture = self.images.open(path)
        verdict = self.detector.predict(picture)
        return make_record(self.detector, verdict, whole_picture=False, stability=True)

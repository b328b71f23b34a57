"""The verdict cache."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.scanning.conftest import Make, scan


def test_equal_bytes_are_judged_once_across_names_and_runs(make: Make, own_cache: Path) -> None:
    folder, cache = make(2, 2), own_cache / "c.sqlite"
    (first, *_) = [finding.verdict for finding in scan(folder, workers=1, cache=cache)]
    (folder / "0000.jpg").rename(folder / "renamed.jpg")
    shutil.copy(folder / "renamed.jpg", folder / "again.jpg")
    findings = {Path(f.path).name: f.verdict for f in scan(folder, workers=1, cache=cache)}
    assert first is not None
    for name in ("renamed.jpg", "again.jpg"):
        verdict = findings[name]
        assert verdict is not None
        assert verdict.to_dict() == first.with_path(str(folder / name)).to_dict()
    without = [f.verdict for f in scan(folder / "renamed.jpg", workers=1, cache=cache, stability=False)]
    assert without[0] is not None
    assert without[0].faces[0].stability is None

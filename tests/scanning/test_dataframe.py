from __future__ import annotations

from pathlib import Path

import pytest

from unmask import Detector, Failure, Finding
from unmask.scanning import to_dataframe
from unmask.scanning.outputs import open_output

pandas = pytest.importorskip("pandas", reason="needs the extra pandas")


def test_findings_verdicts_and_files_give_the_same_table(tmp_path: Path, detector: Detector, astronaut: Path) -> None:
    verdict = detector.predict(astronaut)
    findings = [Finding(str(astronaut), verdict), Finding("broken.jpg", Failure("corrupt_image", "damaged"))]
    output = open_output(tmp_path / "found.csv")
    for finding in findings:
        output.add(finding)
    output.close()
    table = to_dataframe(findings)
    assert table.loc[0, "label"] == "real"
    assert table.loc[1, "problem_code"] == "corrupt_image"
    assert pandas.isna(table.loc[1, "probability_fake"])
    pandas.testing.assert_frame_equal(to_dataframe(tmp_path / "found.csv"), table)
    pandas.testing.assert_frame_equal(to_dataframe([verdict]), table.iloc[:1])


def test_an_empty_table_has_the_same_types(detector: Detector, astronaut: Path) -> None:
    assert list(to_dataframe([]).dtypes) == list(to_dataframe([detector.predict(astronaut)]).dtypes)


def test_the_picture_of_an_array_has_an_empty_path(detector: Detector) -> None:
    import numpy as np

    assert to_dataframe([detector.predict(np.zeros((20, 20, 3), np.uint8))]).loc[0, "path"] == ""

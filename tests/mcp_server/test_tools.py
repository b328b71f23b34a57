from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from unmask import Detector, make_record
from unmask.errors import UsageError
from unmask.mcp_server import Tools
from unmask.mcp_server.answers import MAX_FACES, NOT_PROOF
from unmask.mcp_server.image_input import ImageInput
from unmask.mcp_server.tools import MAX_PIXELS


def test_detect_has_the_verdict_and_states_its_limits(tools: Tools, detector: Detector, folder: Path) -> None:
    answer = tools.detect("a.jpg")
    verdict = detector.predict(folder / "a.jpg")
    assert answer.content["label"] == verdict.label
    assert answer.content["probability_fake"] == pytest.approx(verdict.probability_fake, abs=1e-4)
    assert answer.content["faces"][0]["box"] == list(verdict.faces[0].box)
    assert NOT_PROOF in answer.text
    assert answer.content["caution"] in answer.text
    assert len(json.dumps(answer.content)) < 1500


def test_a_picture_without_a_face_can_be_judged_as_a_whole(tools: Tools, folder: Path) -> None:
    Image.new("RGB", (300, 300), "teal").save(folder / "plain.png")
    assert tools.detect("plain.png").content["label"] == "no_face"
    whole = tools.detect("plain.png", whole_picture=True)
    assert whole.content["face_count"] == 1
    assert "the picture as a whole" in whole.text


def test_many_faces_are_counted_but_not_all_listed(detector: Detector, folder: Path, crowd: Image.Image) -> None:
    large = Image.new("RGB", (crowd.width * 2, crowd.height * 2))
    for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
        large.paste(crowd, (x * crowd.width, y * crowd.height))
    large.save(folder / "crowd.jpg", quality=92)
    content = Tools(detector, ImageInput.allow([folder])).detect("crowd.jpg").content
    assert content["face_count"] > MAX_FACES
    assert len(content["faces"]) == MAX_FACES


def test_explain_returns_a_small_picture_and_where_the_evidence_lies(tools: Tools) -> None:
    answer = tools.explain("sub/b.jpg")
    assert answer.png is not None
    with Image.open(io.BytesIO(answer.png)) as drawing:
        assert max(drawing.size) <= MAX_PIXELS
    (found,) = answer.content["explained"]
    x, y, w, h = found["region"]
    assert x <= found["strongest_point"][0] <= x + w
    assert y <= found["strongest_point"][1] <= y + h
    assert found["faithfulness"] in answer.text


def test_report_lists_the_signals(tools: Tools) -> None:
    answer = tools.report("a.jpg")
    names = {each["name"] for each in answer.content["signals"]}
    assert {"metadata", "provenance"} <= names
    assert "No signal decides alone." in answer.text


def test_pages_of_a_folder_cover_each_picture_once(tools: Tools) -> None:
    seen: list[str] = []
    cursor, counts = None, []
    while True:
        answer = tools.scan_folder(".", cursor=cursor, page_size=2)
        seen += [Path(row["path"]).name for row in answer.content["pictures"]]
        counts.append(answer.content["counts"])
        assert answer.content["pictures_in_folder"] == 3
        if (cursor := answer.content["next_cursor"]) is None:
            break
        assert repr(cursor) in answer.text
    assert seen == ["a.jpg", "c.jpg", "b.jpg"]
    assert counts[0]["failed"] == 1


def test_a_picture_added_between_two_pages_does_not_repeat_others(tools: Tools, folder: Path) -> None:
    first = tools.scan_folder(".", page_size=1)
    (folder / "0.jpg").write_bytes((folder / "a.jpg").read_bytes())
    second = tools.scan_folder(".", cursor=first.content["next_cursor"], page_size=1)
    assert [Path(row["path"]).name for row in second.content["pictures"]] == ["c.jpg"]


def test_progress_is_reported_per_picture(tools: Tools) -> None:
    steps: list[tuple[int, int]] = []
    tools.scan_folder(".", progress=lambda done, total: steps.append((done, total)))
    assert steps == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("scanned", "size", "message"),
    [("a.jpg", 5, "is not a folder"), (".", 0, "page_size"), (".", 999, "page_size"), ("/etc", 5, "outside")],
)
def test_a_scan_of_something_else_is_an_error(tools: Tools, scanned: str, size: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        tools.scan_folder(scanned, page_size=size)


def test_a_folder_without_pictures_is_an_error(tools: Tools, folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(UsageError, match="no picture"):
        tools.scan_folder("empty")


def test_a_record_file_equals_the_record_of_its_picture(tools: Tools, detector: Detector, folder: Path) -> None:
    record = make_record(detector, detector.predict(folder / "a.jpg"), whole_picture=False, stability=True)
    (folder / "a.record.json").write_text(json.dumps(record))
    same = tools.compare_records("a.record.json", "a.jpg").content
    assert (same["same_input"], same["same_model"], same["same_settings"]) == (True, True, True)
    different = tools.compare_records("a.jpg", "sub/b.jpg")
    assert not different.content["same_input"]
    assert "different files" in different.text


def test_a_file_of_several_records_is_an_error(tools: Tools, folder: Path) -> None:
    (folder / "two.jsonl").write_text('{"type": "unmask.record"}\n{"type": "unmask.record"}\n')
    with pytest.raises(UsageError, match="more than one record"):
        tools.compare_records("two.jsonl", "a.jpg")

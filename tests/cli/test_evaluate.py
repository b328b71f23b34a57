"""The real commands with the shipped model on a small set made from the bundled portrait."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from tests.conftest import MODEL, Run
from unmask import Dataset, Detector, evaluate
from unmask.card import METADATA_KEY, ModelCard
from unmask.detector import read_card
from unmask.evaluation import Manner
from unmask.evaluation.checking import contradictions
from unmask.zoo import read_model


@pytest.fixture
def faces(tmp_path: Path, portrait: Image.Image) -> Path:
    """Six portraits called real, six smoothed ones called fake."""
    small = portrait.resize((256, 256))
    for label in ("Real", "Fake"):
        (tmp_path / "faces" / label).mkdir(parents=True)
        for number in range(6):
            turned = small.rotate(3 * number - 8, Image.Resampling.BICUBIC)
            image = turned.filter(ImageFilter.GaussianBlur(1 + number / 3)) if label == "Fake" else turned
            image.save(tmp_path / "faces" / label / f"{number}.jpg", quality=90)
    return tmp_path / "faces"


def test_evaluate_shows_a_table_and_writes_a_page(unmask: Run, faces: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = unmask("evaluate", MODEL, faces, "--tiers", "clean,hard", "--no-stability", "--html", page)
    assert done.returncode == 0, done.stderr
    assert "clean" in done.stdout
    assert "6/6" in done.stdout
    html = page.read_text("utf-8")
    assert html.count("<svg") >= 5
    assert "Mistakes to learn from" in html


def test_json_has_every_figure(unmask: Run, faces: Path) -> None:
    (faces / "Real" / "broken.jpg").write_bytes(b"broken")
    done = unmask("evaluate", MODEL, faces, "--tiers", "clean", "--no-stability", "--json")
    assert done.returncode == 4
    told = json.loads(done.stdout)
    everything = told["tiers"]["clean"]["all"]
    assert (everything["n_real"], everything["n_fake"], everything["problems"]) == (7, 6, 1)
    assert {"auc", "eer", "precision_real", "recall_fake", "confusion"} <= set(everything)
    assert told["model"]["name"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--tiers", "soft"), 2),
        (("--split", "test"), 2),
        (("--check", "--limit", "3"), 2),
        (("--check", "--html", "never-written.html"), 2),
        (("--check", "--no-stability"), 2),
        (("--tiers", ","), 2),
    ],
)
def test_wrong_use_is_one_line(unmask: Run, faces: Path, arguments: tuple[str, ...], code: int) -> None:
    done = unmask("evaluate", MODEL, faces, *arguments)
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == 1


def carded(path: Path, metrics: dict[str, object]) -> Path:
    """The shipped model with other figures in its card."""
    onnx = pytest.importorskip("onnx")
    model = onnx.load_from_string(read_model(MODEL))
    entry = next(each for each in model.metadata_props if each.key == METADATA_KEY)
    card = ModelCard.from_json(entry.value).to_dict()
    entry.value = json.dumps(card | {"metrics": metrics})
    onnx.save(model, path)
    return path


def test_check_believes_a_true_card_and_no_other(unmask: Run, detector: Detector, faces: Path, tmp_path: Path) -> None:
    first = unmask("evaluate", carded(tmp_path / "none.onnx", {}), faces, "--check")
    assert first.returncode == 1
    assert "states no figures" in first.stderr
    dataset = Dataset.load(faces)
    metrics = evaluate(detector, dataset, tiers=["clean"], manner=Manner(stability=False)).to_dict()
    true = carded(tmp_path / "true.onnx", metrics)
    done = unmask("evaluate", true, faces, "--check")
    assert done.returncode == 0, done.stdout
    assert "tells the truth" in done.stdout
    metrics["tiers"]["clean"]["all"]["brier"][0] += 0.01
    done = unmask("evaluate", carded(tmp_path / "altered.onnx", metrics), faces, "--check")
    assert done.returncode == 1
    assert "clean/all/brier" in done.stdout
    (faces / "Real" / "0.jpg").rename(faces / "Real" / "other.jpg")
    done = unmask("evaluate", true, faces, "--check")
    assert done.returncode == 1
    assert "not from these" in done.stderr


def test_compare_finds_no_difference_to_itself(unmask: Run, faces: Path) -> None:
    done = unmask("compare", MODEL, MODEL, "--data", faces, "--no-stability", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["tiers"]["clean"]
    assert told["p_value"] == 1.0
    assert all(figure["winner"] is None for figure in told["figures"].values())
    words = unmask("compare", MODEL, MODEL, "--data", faces, "--no-stability")
    assert "no difference" in words.stdout


def test_compare_says_where_nothing_could_be_judged(unmask: Run, faces: Path) -> None:
    for path in faces.rglob("*.jpg"):
        path.write_bytes(b"no picture")
    assert unmask("compare", MODEL, MODEL, "--data", faces, "--no-stability").returncode == 1


PROBED = frozenset({"coverage", "sure_accuracy", "false_alarms", "misses"})
"""Figures that count labels, a few of which the stability probe turns to `unsure`."""


def test_the_shipped_card_tells_the_truth(unmask: Run, data: Path) -> None:
    """Without the probe, which looks at every face twice more: its few labels are counted in the test below."""
    done = unmask("evaluate", "default", data, "--tiers", "clean", "--no-stability", "--json", timeout=1800)
    assert done.returncode == 0, done.stderr
    found, (card, _) = json.loads(done.stdout), read_card("default")
    assert found["dataset"] == card.metrics["dataset"]
    wrong = contradictions(card.metrics, found, ["clean"])
    others = [each for each in wrong if each.stated is not None and each.where.rpartition("/")[2] not in PROBED]
    assert others == []
    for each in wrong:
        if each.where.rpartition("/")[2] in PROBED:
            assert each.found == pytest.approx(each.stated, abs=0.02), each.where


@pytest.mark.slow
@pytest.mark.parametrize("name", ["default", "fast", "open"])
def test_the_shipped_cards_tell_the_truth_in_every_figure(unmask: Run, data: Path, name: str) -> None:
    done = unmask("evaluate", name, data, "--check", timeout=7200)
    assert done.returncode == 0, done.stdout + done.stderr

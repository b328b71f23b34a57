"""`unmask evaluate` with a shipped model, on a small dataset made from the bundled portrait."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import MODEL, Run
from unmask import Dataset, Detector, evaluate
from unmask.card import METADATA_KEY, ModelCard
from unmask.card_reader import read_card
from unmask.evaluation import PredictOptions
from unmask.evaluation.card_check import card_dataset, find_mismatches
from unmask.zoo import read_model


def test_evaluate_shows_a_table_and_writes_and_opens_a_page(
    run_cli: Run, faces: Path, tmp_path: Path, opened: list[str]
) -> None:
    page = tmp_path / "page.html"
    done = run_cli("evaluate", MODEL, faces, "--tiers", "clean,hard", "--no-stability", "--html", page, "--open")
    assert done.returncode == 0, done.stderr
    assert opened == [str(page)]
    assert "clean" in done.stdout
    assert "6/6" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    html = page.read_text("utf-8")
    assert html.count("<svg") >= 5
    assert "Errors" in html


def test_json_has_every_figure(run_cli: Run, faces: Path) -> None:
    (faces / "Real" / "broken.jpg").write_bytes(b"broken")
    done = run_cli("evaluate", MODEL, faces, "--tiers", "clean", "--no-stability", "--json")
    assert done.returncode == 4
    printed = json.loads(done.stdout)
    everything = printed["tiers"]["clean"]["all"]
    assert (everything["n_real"], everything["n_fake"], everything["problems"]) == (7, 6, 1)
    assert {"auc", "eer", "precision_real", "recall_fake", "confusion"} <= set(everything)
    assert printed["model"]["name"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--tiers", "soft"), 2),
        (("--split", "test"), 2),
        (("--check", "--limit", "3"), 2),
        (("--check", "--html", "never-written.html"), 2),
        (("--check", "--no-stability"), 2),
        (("--tiers", ","), 2),
        (("--open",), 2),
    ],
)
def test_wrong_use_is_one_line(run_cli: Run, faces: Path, arguments: tuple[str, ...], code: int) -> None:
    done = run_cli("evaluate", MODEL, faces, *arguments)
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


def test_check_fails_if_card_or_pictures_differ(run_cli: Run, detector: Detector, faces: Path, tmp_path: Path) -> None:
    first = run_cli("evaluate", carded(tmp_path / "none.onnx", {}), faces, "--check")
    assert first.returncode == 1
    assert "states no metrics" in first.stderr
    dataset = Dataset.load(faces)
    metrics = evaluate(detector, dataset, tiers=["clean"], options=PredictOptions(stability=False)).to_dict()
    true = carded(tmp_path / "true.onnx", metrics)
    done = run_cli("evaluate", true, faces, "--check")
    assert done.returncode == 0, done.stdout
    assert "all model-card figures were reproduced" in done.stdout
    metrics["tiers"]["clean"]["all"]["brier"][0] += 0.01
    done = run_cli("evaluate", carded(tmp_path / "altered.onnx", metrics), faces, "--check")
    assert done.returncode == 1
    assert "clean/all/brier" in done.stdout
    (faces / "Real" / "0.jpg").rename(faces / "Real" / "other.jpg")
    done = run_cli("evaluate", true, faces, "--check")
    assert done.returncode == 1
    assert "not from these" in done.stderr


SOURCE = "openforensics"
"""A source with group photographs, whose metrics also depend on the face detector and on the face check."""

PROBED = frozenset({"coverage", "sure_accuracy", "false_alarms", "misses"})
"""Metrics that depend on labels; the stability probe changes a few labels to `unsure`."""


def test_shipped_card_metrics_are_reproduced(data: Path) -> None:
    """Of the fast model, one source, without the stability probe. The slow test takes all models and sources."""
    card, _ = read_card("fast")
    options = PredictOptions(stability=False)
    chosen = card_dataset(card.metrics, Dataset.load(data)).where(source=SOURCE)
    found = evaluate(Detector.load("fast", threads=1), chosen, tiers=["clean"], options=options).to_dict()
    stated = {"tiers": {"clean": {"all": card.metrics["tiers"]["clean"]["sources"][SOURCE]}}}
    wrong = find_mismatches(stated, json.loads(json.dumps({"tiers": found["tiers"]})), ["clean"])
    others = [each for each in wrong if each.stated is not None and each.path.rpartition("/")[2] not in PROBED]
    assert others == []
    for each in wrong:
        if each.path.rpartition("/")[2] in PROBED:
            assert each.found == pytest.approx(each.stated, abs=0.02), each.path


@pytest.mark.slow
@pytest.mark.parametrize("name", ["default", "fast", "open"])
def test_all_shipped_card_metrics_are_reproduced(run_cli: Run, data: Path, name: str) -> None:
    done = run_cli("evaluate", name, data, "--check")
    assert done.returncode == 0, done.stdout + done.stderr

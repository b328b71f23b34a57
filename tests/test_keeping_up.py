"""The commands of the walk in docs/keeping-up.md on small data, as the page has them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.conftest import SAMPLES, application
from tests.face_folders import SIDE, tinted, write_faces
from unmask.model_registry import ModelRegistry
from unmask.scanning.outputs import read_findings
from unmask.zoo import read_model

PAGE = Path(__file__).parents[1] / "docs" / "keeping-up.md"
QUICK = {
    "scan": ("--no-stability", "--workers", "1", "--no-cache"),
    "review": ("--no-show", "--reviewer", "ana"),
    "rejudge": ("--workers", "1", "--no-cache"),
    "update": ("--json",),
}
"""Options that do not change what a command of the page does, but how long it takes and what it prints."""
RULES = """\
[rules]
auc_loss = 0.2
false_alarm_increase = 0.9
miss_increase = 0.9
coverage_loss = -1
brier_increase = 0.5
ece = -1
false_alarms_per_10000 = -1
slowdown = -1
min_groups = 10
"""


def commands() -> list[list[str]]:
    """The commands of the walk, without the word `unmask`."""
    walk = re.search(r"^## Walk through one case\n(.*?)^## ", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert walk is not None
    return [shlex.split(line) for line in re.findall(r"^ *\$ unmask (.*)$", walk[1], re.MULTILINE)]


def sample(name: str) -> Image.Image:
    """A bundled face."""
    with Image.open(SAMPLES / f"{name}.jpg") as picture:
        return picture.convert("RGB").resize((SIDE, SIDE))


@pytest.fixture
def case(tmp_path: Path, portrait: Image.Image, monkeypatch: pytest.MonkeyPatch) -> ModelRegistry:
    """The folders of the page with small data, in which the fast model is the default."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNMASK_MODELS", str(tmp_path / "models"))
    registry = ModelRegistry()
    registry.register(read_model("fast"), "fast", "1", parent="")
    face = portrait.resize((SIDE, SIDE))
    real, generated = (sample(name) for name in ("hopper", "generated"))
    write_faces(Path("inbox"), face, tinted(face), range(48), source="inbox")
    write_faces(Path("labeled"), face, tinted(face), range(100, 124), source="inbox")
    write_faces(Path("old-faces"), real, generated, range(200, 216), source="old", kind="gan")
    write_faces(Path("later"), real, generated, range(300, 312), source="later", kind="gan")
    with Image.open("later/301.png") as missed:
        missed.save("missed.jpg")
    Path("rules.toml").write_text(RULES)
    return registry


def run(words: list[str]) -> tuple[int, str]:
    """Run a command of the page; a reviewer who knows the labels presses the keys."""
    keys = None
    if words[0] == "review":
        rows = sorted(read_findings(Path(words[1])), key=lambda row: (row["label"] != "unsure", row["sha256"]))
        keys = "".join("fm" if int(Path(row["path"]).stem) % 2 else "r" for row in rows)
    arguments = [*words, *QUICK.get(words[0], ())]
    result = CliRunner().invoke(application(), arguments, input=keys, catch_exceptions=False)
    assert result.exit_code in (0, *((5,) if words[0] in ("rejudge", "drift") else ())), (words, result.output)
    return result.exit_code, result.stdout


@pytest.mark.integration
def test_the_walk_of_the_page(case: ModelRegistry) -> None:
    base = case.default
    assert base is not None
    steps = commands()
    assert [words[0] for words in steps][:6] == ["data", "scan", "review", "data", "update", "promote"]
    printed = {}
    for words in steps:
        before = case.default
        printed[words[0]] = run(words)
        if words[0] == "promote":
            assert case.default is not None
            assert case.default.parent == base.sha256 == (before and before.sha256)
            promoted = case.default.sha256
    figures = json.loads(printed["update"][1])
    assert figures["after"]["new"] >= figures["before"]["new"]
    assert "48 agreed labels" in printed["review"][1]
    findings, after = (
        {row["path"]: row for row in read_findings(Path(name))} for name in ("findings.csv", "after.csv")
    )
    assert {row["model"]["sha256"] for row in after.values()} == {promoted}
    relabeled = sum(row["label"] != after[path]["label"] for path, row in findings.items())
    assert f"{relabeled} of 48 pictures have another label" in printed["rejudge"][1]
    assert (printed["rejudge"][0] == 5) is (relabeled > 0)
    assert "1 of them new" in printed["data"][1]
    assert case.default.sha256 == base.sha256

"""Code and documentation use standard terms and US spelling."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "research", "tools", "benchmarks", "examples", "docs")
SUFFIXES = {".py", ".md", ".html", ".js", ".css", ".typ", ".toml", ".sh", ".ipynb"}

BRITISH = (
    r"colour\w*",
    r"grey\w*",
    r"behaviour\w*",
    r"favour\w*",
    r"neighbour\w*",
    r"centre\w*",
    r"licence\w*",
    r"catalogue\w*",
    r"artefact\w*",
    r"defence\w*",
    r"judgement\w*",
    r"analys(?:e|ed|ing)",
    r"(?:label|model|travel)l(?:ed|ing)",
    r"learnt",
    r"spoilt",
    r"whilst",
    r"\w*(?:optim|minim|maxim|normal|general|regular|initial|serial|summar|categor|standard|synchron|random|quant)is"
    r"(?:e|ed|er|ers|es|ing|ation)",
    r"\w*(?:organ|recogn|util|custom|memor|local|visual|discret|equal|stabil|penal|emphas|parametr)is"
    r"(?:e|ed|er|ers|es|ing|ation)",
)
"""British spellings. `cancelled` is not listed: it is a state of jobs in the wire form."""

PRIVATE = {
    r"data sets?": "dataset",
    r"jur(?:y|ors?)": "validator",
    r"lessons?|exhibits?": "training or evaluation data",
    r"workshop|bench|gate|envelope": "the name of the class",
    r"heed\w*|insist\w*": "check, require",
    r"witness\w*": "group",
    r"pristine": "undegraded",
    r"harsh": "low quality",
    r"lasting": "stable",
    r"face_?finders?|finders?": "face detector",
    r"sightings?": "detected faces",
    r"resynthesis": "upsampling artifacts",
    r"by and by|foretold|by heart": "an adverb of time, predicted, memorized",
    r"mend(?:s|ed|ing)?|spoil(?:s|ed|ing)?": "fix, damage",
    r"strangers?|kin|riddles?": "others, similar",
    r"worn": "occluded",
    r"says|said|tells|told|knows|knew|speaks": "states, describes, detects, implements",
    r"(?:goes|went|go|going) on": "continue",
    r"(?:stand|stands|stood) for": "mean",
    r"dies|dead|death": "ends, crashed, crash",
}
"""Terms that are not used in the field, metaphors and personification; each with what to write instead."""

OLD_RECIPE_KEYS = {
    "licence",
    "resynthesis",
    "optimiser",
    "lasting",
    "harsh",
    "pristine",
    "colour",
    "colour_strength",
}
ALLOWED: dict[str, set[str]] = {
    # Keys of the model card.
    "src/unmask/card.py": {"licence"},
    "src/unmask/cli/card_text.py": {"lessons"},
    "src/unmask/datasets/training_hashes.py": {"lessons"},
    "src/unmask/training/data/splits.py": {"lessons"},
    "research/release/training_hashes.py": {"lessons"},
    "docs/design/0011-names-and-layout.md": {"licence", "lessons"},
    # Key of the evidence record.
    "src/unmask/record/build.py": {"face_finder"},
    # Recipe keys of version 0.1, which are still read.
    "src/unmask/training/config.py": OLD_RECIPE_KEYS,
    "docs/recipe-reference.md": OLD_RECIPE_KEYS,
    "CHANGELOG.md": {
        "licence",
        "resynthesis",
        "optimiser",
        "lasting",
        "harsh",
        "pristine",
        "colour",
        "facefinder",
    },
    # Name of an audit fault in the wire form.
    "src/unmask/datasets/audit_page.py": {"colour"},
    "src/unmask/datasets/run_audit.py": {"colour"},
    "src/unmask/datasets/shortcut_faults.py": {"colour"},
    "src/unmask/datasets/shortcuts.py": {"colour"},
    "docs/evaluation.md": {"colour"},
    # Folder names of other datasets that mean `real`.
    "src/unmask/datasets/label_parsing.py": {"pristine"},
    # Options of version 0.1, which are still accepted.
    "src/unmask/cli/import_.py": {"licence", "normalise"},
    "docs/cli.md": {"licence", "normalise"},
    # File and table of the verdict cache.
    "src/unmask/scanning/cache.py": {"judgements"},
    "docs/scanning.md": {"judgements"},
    # Name of a group in stored model cards.
    "research/studies/fairness.py": {"told", "coloured", "grey"},
}
"""Forbidden words by file, where a file format or an interface contains them."""

WORDS = re.compile(rf"(?<![A-Za-z])(?:{'|'.join((*BRITISH, *PRIVATE))})(?![A-Za-z])", re.IGNORECASE)


def files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in SUFFIXES)
    yield from sorted(ROOT.glob("*.md"))


@cache
def found() -> dict[str, dict[str, list[int]]]:
    """The lines of each forbidden word in each file."""
    result: dict[str, dict[str, list[int]]] = {}
    for path in files():
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            for match in WORDS.finditer(line):
                lines = result.setdefault(path.relative_to(ROOT).as_posix(), {})
                lines.setdefault(match[0].lower(), []).append(number)
    return result


def test_no_forbidden_words() -> None:
    wrong = [
        f"{path}:{number}: {word} ({replacement(word)})"
        for path, words in found().items()
        for word, numbers in words.items()
        for number in numbers
        if word not in ALLOWED.get(path, set())
    ]
    assert not wrong, "\n".join(wrong)


def test_allowed_words_are_still_needed() -> None:
    for path, words in ALLOWED.items():
        assert words <= set(found().get(path, {})), f"{path}: remove unused words from ALLOWED"


def replacement(word: str) -> str:
    """What to write instead of a forbidden word."""
    for pattern, instead in PRIVATE.items():
        if re.fullmatch(pattern, word):
            return f"write: {instead}"
    return "write the US spelling"


@pytest.mark.parametrize("word", ["colour_of", "Optimisers", "normalising", "labelled", "data set", "pristine", "says"])
def test_forbidden_words_are_recognized(word: str) -> None:
    assert WORDS.search(word)


@pytest.mark.parametrize("word", ["exercise", "promise", "precision", "optimistic", "analysis", "data_set", "standing"])
def test_standard_words_are_accepted(word: str) -> None:
    assert not WORDS.search(word)

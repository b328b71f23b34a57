"""Parses class and split names of folders and manifests.

A name is divided into words (`Training_Real` → `training`, `real`; `FaceSwap` stays one known word). It names a class
if its words belong to exactly one class. Numbers are never read as a class: some datasets label fakes 0, others 1.
"""

from __future__ import annotations

import re

from unmask.datasets.labeled_image import ClassName

_REAL = "real reals authentic bona bonafide genuine natural nature original originals pristine"
_FAKE = """fake fakes deepfake deepfakes ai aigc aigenerated faceswap faceswaps swapped forged forgery
generated manipulated altered morphed spoof spoofed synthesis synthesised synthesized synthetic tampered"""
_CLASS_WORDS: dict[ClassName, frozenset[str]] = {"real": frozenset(_REAL.split()), "fake": frozenset(_FAKE.split())}
_SPLIT_WORDS: dict[str, frozenset[str]] = {
    "train": frozenset({"train", "training"}),
    "valid": frozenset({"valid", "validation", "val", "dev"}),
    "test": frozenset({"test", "testing"}),
}
_FILLERS = ("faces", "face", "images", "image", "imgs", "img", "pictures", "photos", "photo")
_NEGATIONS = frozenset({"not", "non", "no", "un"})
_CHUNK = re.compile(r"[^\W\d_]+")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+")


def _words(name: str) -> list[str]:
    """The words of a name in lower case, without fillers such as `faces` at their ends."""
    words = []
    for chunk in _CHUNK.findall(name):
        whole = _stem(chunk)
        known = any(whole in names for names in _CLASS_WORDS.values())
        words += [whole] if known else [_stem(word) for word in _WORD.findall(chunk)]
    return words


def _stem(word: str) -> str:
    word = word.lower()
    return next((word.removesuffix(filler) for filler in _FILLERS if word.endswith(filler)), word) or word


def class_of(name: str) -> ClassName | None:
    """The class that a name means.

    Args:
        name: folder name, or value of a manifest's label column.

    Returns:
        `real` or `fake`; None if the name contains neither, both, or a negation.
    """
    words = set(_words(name))
    if words & _NEGATIONS:
        return None
    named = [label for label, known in _CLASS_WORDS.items() if words & known]
    return named[0] if len(named) == 1 else None


def is_class(name: str) -> bool:
    """Whether a name consists of nothing but a class, such as `Real`, `1_fake` or `real images`, not `RealVisXL`."""
    label = class_of(name)
    return label is not None and set(_words(name)) <= _CLASS_WORDS[label] | set(_FILLERS)


def split_of(name: str) -> str | None:
    """The split that a name means: `train`, `valid` or `test`; None if it names none or several."""
    words = set(_words(name))
    named = [split for split, known in _SPLIT_WORDS.items() if words & known]
    return named[0] if len(named) == 1 else None

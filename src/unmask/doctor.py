"""Checks an installation part by part, and says what to do about what is missing."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module, metadata
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

from unmask.detector import Detector
from unmask.errors import UnmaskError
from unmask.zoo import DETECTORS, FACES, ShippedModel

TOLERANCE = 1e-3
ADVICE = "reinstall unmask: pip install --force-reinstall unmask"
EXTRAS: dict[str, str] = {
    "heif": "pillow_heif",
    "train": "torch",
    "web": "fastapi",
    "explain": "skimage",
    "provenance": "c2pa",
    "parquet": "pyarrow",
    "pdf": "typst",
    "video": "av",
    "remote": "fsspec",
    "openvino": "openvino",
    "keras": "keras",
    "ray": "ray",
    "postgres": "psycopg",
    "hub": "huggingface_hub",
    "tensorboard": "tensorboard",
}
"""Optional part to a module whose presence shows that it is installed."""


@dataclass(frozen=True, slots=True)
class Check:
    """One result: `ok` is None for a part that is optional and absent; `advice` says what to do."""

    name: str
    ok: bool | None
    detail: str
    advice: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {"name": self.name, "ok": self.ok, "detail": self.detail, "advice": self.advice}


def examine() -> Iterator[Check]:
    """Every check, as it is done."""
    yield Check("python", True, f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    for package in ("numpy", "pillow", "onnxruntime", "typer", "rich"):
        yield _attempt(package, partial(_version, package))
    for model in (*DETECTORS, FACES):
        yield _attempt(f"model {model.name}", partial(_sound, model))
    yield _attempt("self-test", self_test)
    for extra, module in EXTRAS.items():
        installed = find_spec(module) is not None
        yield Check(
            f"extra {extra}",
            True if installed else None,
            "installed" if installed else "not installed",
            "" if installed else f"if you need it: pip install 'unmask[{extra}]'",
        )


def _version(package: str) -> str:
    """The version of a package that can be imported; its module is called as the package is, but for Pillow's."""
    import_module("PIL" if package == "pillow" else package)
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "of another distribution"


def _sound(model: ShippedModel) -> str:
    return f"{len(model.read()) / 1e6:.1f} MB, sha256 as pinned"


def _attempt(name: str, work: Callable[[], str]) -> Check:
    try:
        return Check(name, True, work())
    except UnmaskError as error:
        return Check(name, False, error.message, ADVICE)
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        return Check(name, False, f"{type(error).__name__}: {reason}", ADVICE)


def self_test() -> str:
    """Judge the bundled pictures and compare with what the shipped model says of them.

    Raises:
        UnmaskError: a score differs by more than `TOLERANCE`.
    """
    samples = files("unmask").joinpath("samples")
    expected: dict[str, float] = json.loads(samples.joinpath("expected.json").read_text("utf-8"))
    detector = Detector.load(threads=1)
    for name, probability in expected.items():
        verdict = detector.predict(samples.joinpath(name).read_bytes(), name=name, stability=False)
        if verdict.probability_fake is None or abs(verdict.probability_fake - probability) > TOLERANCE:
            raise UnmaskError(f"{name} scores {verdict.probability_fake}, expected {probability:.4f}")
    return f"{len(expected)} bundled pictures score as expected (±{TOLERANCE})"

"""Checks of the installation: packages, shipped models, a self-test, and optional parts."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module, metadata
from importlib.resources import as_file, files
from importlib.util import find_spec
from typing import Any

from unmask._version import INSTALL_SOURCE, install_command
from unmask.detector import Detector
from unmask.errors import UnmaskError
from unmask.runtime import PROVIDERS, available_engines
from unmask.zoo import DETECTORS, FACE_CHECK, FACES, ShippedModel

PACKAGES = ("numpy", "pillow", "onnxruntime", "typer", "rich")
"""Required packages."""
TOLERANCE = 1e-3
"""Largest difference of a self-test score from the expected score."""
REINSTALL = f"reinstall unmask: pip install --force-reinstall {INSTALL_SOURCE}"
EXTRAS: dict[str, str] = {
    "heif": "pillow_heif",
    "train": "torch",
    "web": "fastapi",
    "explain": "skimage",
    "provenance": "c2pa",
    "pandas": "pandas",
    "parquet": "pyarrow",
    "pdf": "typst",
    "video": "av",
    "remote": "fsspec",
    "mcp": "mcp",
    "openvino": "openvino",
    "keras": "keras",
    "ray": "ray",
    "postgres": "psycopg",
    "hub": "huggingface_hub",
    "sklearn": "sklearn",
    "tensorboard": "tensorboard",
    "mlflow": "mlflow",
}
"""Name of each optional part and a module that is present if the part is installed."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check.

    Attributes:
        name: what was checked.
        ok: True if it passed, False if it failed, None for an optional part that is not installed.
        detail: the finding in one line.
        advice: what to do; empty if nothing needs to be done.
    """

    name: str
    ok: bool | None
    detail: str
    advice: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {"name": self.name, "ok": self.ok, "detail": self.detail, "advice": self.advice}


def run_checks() -> Iterator[CheckResult]:
    """All checks, one after another: those of `required_checks`, then those of `optional_checks`."""
    yield from required_checks()
    yield from optional_checks()


def required_checks() -> Iterator[CheckResult]:
    """Checks of what detection needs: Python, packages, shipped models, and the self-test."""
    yield CheckResult("python", True, f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    for package in PACKAGES:
        yield _run(package, partial(_version, package))
    for model in (*DETECTORS, FACES, FACE_CHECK):
        yield _run(f"model {model.name}", partial(_check_digest, model))
    yield _run("self-test", self_test)


def optional_checks() -> Iterator[CheckResult]:
    """Checks of which optional parts are installed."""
    for extra, module in EXTRAS.items():
        installed = find_spec(module) is not None
        yield CheckResult(
            f"extra {extra}",
            True if installed else None,
            "installed" if installed else "not installed",
            "" if installed else f"if you need it: {install_command(extra)}",
        )
    yield CheckResult("engines", True, _engines())


def _engines() -> str:
    """The engines for `--engine`: those that are available, and those that this ONNX Runtime lacks."""
    found = available_engines()
    openvino = ["openvino"] if find_spec("openvino") else []
    lacking = [engine for engine in PROVIDERS if engine not in found]
    return ", ".join(["cpu", *openvino, *found]) + (f"; not available: {', '.join(lacking)}" if lacking else "")


def _run(name: str, check: Callable[[], str]) -> CheckResult:
    """The result of a check that returns the detail, or raises an error if it fails."""
    try:
        return CheckResult(name, True, check())
    except UnmaskError as error:
        return CheckResult(name, False, error.message, REINSTALL)
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        return CheckResult(name, False, f"{type(error).__name__}: {reason}", REINSTALL)


def _version(package: str) -> str:
    """The version of a package, after importing its module."""
    import_module("PIL" if package == "pillow" else package)
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "of another distribution"


def _check_digest(model: ShippedModel) -> str:
    return f"{len(model.read()) / 1e6:.1f} MB, sha256 as pinned"


def self_test() -> str:
    """Judge the bundled pictures with the shipped default model and compare their scores with the expected scores.

    The name `default` may mean a promoted model, so the model is loaded by its path.

    Raises:
        UnmaskError: a score differs by more than `TOLERANCE`.
    """
    samples = files("unmask").joinpath("samples")
    expected: dict[str, float] = json.loads(samples.joinpath("expected.json").read_text("utf-8"))
    with as_file(files("unmask").joinpath("models", DETECTORS[0].filename)) as path:
        detector = Detector.load(path, threads=1)
    for name, probability in expected.items():
        verdict = detector.predict(samples.joinpath(name).read_bytes(), name=name, stability=False)
        if verdict.probability_fake is None or abs(verdict.probability_fake - probability) > TOLERANCE:
            raise UnmaskError(f"{name} scores {verdict.probability_fake}, expected {probability:.4f}")
    return f"{len(expected)} bundled pictures score as expected (±{TOLERANCE})"

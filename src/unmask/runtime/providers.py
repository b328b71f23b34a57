"""ONNX Runtime's execution providers: which device an engine uses, and the fallback to the CPU."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from typing import Any

from unmask._version import install_command

CPU = "CPUExecutionProvider"
PROVIDERS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "cuda": ("CUDAExecutionProvider", {"use_tf32": "0"}),
    "tensorrt": ("TensorrtExecutionProvider", {"trt_fp16_enable": "0"}),
    "directml": ("DmlExecutionProvider", {}),
    "coreml": ("CoreMLExecutionProvider", {}),
}
"""Provider and its options by engine; the options keep 32-bit floating point, so that scores agree with the CPU."""
BATCH = 32
"""Images that run together on a device."""
_PACKAGES = {"cuda": "gpu", "tensorrt": "gpu", "directml": "directml"}
"""Extra with the package of ONNX Runtime that has the provider."""

_log = logging.getLogger(__name__)


def available_engines() -> list[str]:
    """The engines of `PROVIDERS` that the installed ONNX Runtime has; a device can still be missing."""
    try:
        import onnxruntime
    except ImportError:
        return []
    found = onnxruntime.get_available_providers()
    return [engine for engine, (provider, _) in PROVIDERS.items() if provider in found]


def usable_engine(engine: str) -> str:
    """The engine, or `auto` if the installed ONNX Runtime does not have it; the log states it in one line."""
    return "auto" if engine in PROVIDERS and providers_for(engine) == [CPU] else engine


def providers_for(engine: str) -> list[Any]:
    """The providers for an engine, the CPU last; only the CPU, with one line in the log, if the engine is missing."""
    if engine not in PROVIDERS:
        return [CPU]
    if engine not in available_engines():
        _warn_once(engine, f"this ONNX Runtime has no {PROVIDERS[engine][0]}{_advice(engine)}")
        return [CPU]
    return [PROVIDERS[engine], CPU]


def check_provider(engine: str, session: Any) -> bool:
    """Whether a session runs on the engine's device; if not, one line in the log states that the CPU is used."""
    if engine not in PROVIDERS or PROVIDERS[engine][0] in session.get_providers():
        return engine in PROVIDERS
    if engine in available_engines():
        _warn_once(engine, "the device or its driver was not found")
    return False


def _advice(engine: str) -> str:
    extra = _PACKAGES.get(engine)
    return f"; {install_command(extra)}" if extra else ""


@cache
def _warn_once(engine: str, reason: str) -> None:
    _log.warning("unmask: engine %s is not available, so the CPU is used: %s", engine, reason)

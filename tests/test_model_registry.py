"""The user's model folder: promotion, lineage, rollback, and what `default` means."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.web.quick_model import write_quick_model
from unmask import Detector
from unmask.errors import BadModelFile, UsageError
from unmask.model_registry import SHIPPED, ModelRegistry
from unmask.zoo import shipped


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelRegistry:
    """The registry that the name `default` is looked up in."""
    monkeypatch.setenv("UNMASK_MODELS", str(tmp_path / "models"))
    return ModelRegistry()


@pytest.fixture
def quick(tmp_path: Path) -> bytes:
    return write_quick_model(tmp_path / "quick.onnx").read_bytes()


def test_default_means_the_promoted_model_until_it_is_rolled_back(registry: ModelRegistry, quick: bytes) -> None:
    entry = shipped("default")
    assert entry
    assert registry.default is None
    model = registry.register(quick, "mine", "2/b", parent=entry.sha256)
    assert model.file == f"mine-2-b-{model.sha256[:12]}.onnx"
    assert Detector.load("default").model.sha256 == model.sha256
    assert registry.default == model
    assert registry.rollback() is None
    assert Detector.load("default").model.sha256 == entry.sha256
    assert registry.models() == (model,)
    with pytest.raises(UsageError, match="nothing to roll back"):
        registry.rollback()


def test_an_earlier_model_can_be_used_again(registry: ModelRegistry, quick: bytes) -> None:
    first = registry.register(quick, "mine", "1", parent="")
    second = registry.register(quick + b"\0", "mine", "2", parent=first.sha256)
    assert registry.use(first.sha256[:8]) == first
    assert registry.rollback() == second
    assert registry.use(SHIPPED) is None
    with pytest.raises(UsageError, match="names 2 promoted models"):
        registry.use("mine")
    with pytest.raises(UsageError, match="names 0 promoted models"):
        registry.use("other")


def test_a_missing_file_or_damaged_registry_is_an_error_that_states_what_to_do(
    registry: ModelRegistry, quick: bytes
) -> None:
    model = registry.register(quick, "mine", "1", parent="")
    registry.path(model).unlink()
    with pytest.raises(BadModelFile, match="unmask models --rollback"):
        Detector.load("default")
    (registry.folder / "registry.json").write_text("{")
    with pytest.raises(BadModelFile, match="restore or delete the file"):
        registry.models()


def test_concurrent_promotions_are_all_kept(registry: ModelRegistry) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: ModelRegistry().register(bytes([n]), "m", str(n), parent=""), range(24)))
    assert sorted(model.version for model in registry.models()) == sorted(map(str, range(24)))
    before = registry.stamp()
    registry.rollback()
    assert registry.stamp() != before


def test_the_command_lists_lineage_and_rolls_back(registry: ModelRegistry, quick: bytes, run_cli: Run) -> None:
    model = registry.register(quick, "mine", "1", parent="0" * 64)
    listed = run_cli("models").stdout
    assert f"mine 1 {model.sha256[:12]}, after 000000000000  ← default" in listed
    assert "the shipped model" in run_cli("models", "--rollback").stdout
    assert "← default" not in run_cli("models").stdout
    assert "means mine 1" in run_cli("models", "--use", model.sha256[:6]).stdout
    assert run_cli("models", "--use", "other").returncode == 2

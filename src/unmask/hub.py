"""Model folders in the layout of the Hugging Face hub: resolves a folder or hub id, and writes folders for upload.

A folder holds `model.onnx` (with its card inside), `model.hashes.npz` (hashes of its training images), `config.json`
with the class names, `preprocessor_config.json`, `LICENSE`, and `README.md` with front matter. Files are downloaded
only if a hub id is given.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from unmask.card import CLASSES, ModelCard
from unmask.card_metrics import CardMetrics, Estimate
from unmask.errors import MissingExtra, UnknownModel
from unmask.model_registry import DEFAULT, promoted_default
from unmask.preprocessing import FILTERS
from unmask.verdict import Thresholds
from unmask.zoo import hashes_name, shipped

MODEL = "model.onnx"
HASHES = hashes_name(MODEL)
LICENSE = "LICENSE"
FILES = frozenset({".onnx", ".h5", ".keras", ".pt", ".pth", ".npz", ".bin", ".safetensors", ".json"})
"""A name with one of these suffixes is a file path, not a hub id; hub ids may contain dots too."""
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def resolve(model: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """The path of the model file for a folder or hub id; a name or file is returned as it is.

    The name `default` means the promoted model, if there is one (`unmask.model_registry`). Another name of a shipped
    model always means that model. A folder with the same name is given as `./default`.

    Raises:
        UnknownModel: the folder has no model, or the hub has no such model.
        MissingExtra: `huggingface_hub` is needed for a hub id and is not installed.
    """
    path = Path(model)
    if model == DEFAULT and (promoted := promoted_default()):
        return promoted
    if shipped(model):
        return model
    if path.is_dir():
        if not (path / MODEL).is_file():
            raise UnknownModel(f"{path}: the folder has no {MODEL}")
        return path / MODEL
    name = os.fspath(model)
    if path.exists() or path.suffix.lower() in FILES or not HUB_ID.fullmatch(name):
        return model
    return _fetch(name)


def _fetch(name: str, file: str = MODEL) -> str:
    """The path of a file of a model from the hub, downloaded or cached."""
    try:
        from huggingface_hub import hf_hub_download
    except ImportError as error:
        raise MissingExtra(f"{name}: no such file, and fetching models from the hub", "hub") from error
    try:
        return str(hf_hub_download(name, file))
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UnknownModel(f"{name}: no such file, and the hub has no such {file} ({reason})") from error


def read_training_hashes(model: str | os.PathLike[str]) -> bytes | None:
    """The content of the file with hashes of a model's training images; None if there is none beside the model.

    Args:
        model: a name that `unmask models` lists, the path of a model file, or a folder or hub id.
    """
    if entry := shipped(model):
        path = files("unmask").joinpath("models", entry.hashes)
        return path.read_bytes() if path.is_file() else None
    file = Path(resolve(model))
    beside = file.with_name(hashes_name(file.name))
    if not beside.is_file() and not Path(model).exists():
        with suppress(UnknownModel):
            beside = Path(_fetch(os.fspath(model), HASHES))
    return beside.read_bytes() if beside.is_file() else None


def write_folder(card: ModelCard, model: bytes, folder: Path, hashes: bytes | None = None) -> None:
    """Write a model as a hub-ready folder.

    Args:
        card: of the model.
        model: bytes of the model file.
        folder: the target; created if it does not exist.
        hashes: content of the file with hashes of the training images; None if there is none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(model)
    if hashes:
        (folder / HASHES).write_bytes(hashes)
    for name, content in (("config.json", _config(card)), ("preprocessor_config.json", _preprocessor(card))):
        (folder / name).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if card.license:
        (folder / LICENSE).write_text(card.license + "\n", encoding="utf-8")
    (folder / "README.md").write_text("\n".join(_readme(card)) + "\n", encoding="utf-8")


def _config(card: ModelCard) -> dict[str, Any]:
    return {
        "architectures": [card.recipe.get("architecture", "unknown")],
        "model_type": "unmask",
        "id2label": {str(index): name for index, name in enumerate(CLASSES)},
        "label2id": {name: index for index, name in enumerate(CLASSES)},
        "image_size": card.preprocessing.size,
        "unmask": card.to_dict(),
    }


def _preprocessor(card: ModelCard) -> dict[str, Any]:
    """The preprocessor settings. Normalization is part of the model's graph, so pixels are not rescaled."""
    size, resample = card.preprocessing.size, card.preprocessing.resample
    return {
        "image_processor_type": "unmask",
        "do_resize": True,
        "size": {"height": size, "width": size},
        "resample": int(FILTERS[resample]),
        "do_rescale": False,
        "do_normalize": False,
        "crop_margin": card.preprocessing.margin,
    }


def _readme(card: ModelCard) -> Iterator[str]:
    """The lines of the README."""
    yield from ("---", "library_name: unmask", "pipeline_tag: image-classification")
    if card.license:
        yield from ("license: other", f"license_name: terms-of-{_slug(card.name)}", f"license_link: {LICENSE}")
    else:
        yield "license: unknown"
    yield "tags: [deepfake-detection, face, onnx, unmask]"
    yield from ("---", "", f"# {card.name} {card.version}", "", card.summary, "")
    rule = card.decision
    yield from (f"{_purpose(rule.thresholds)}, with [unmask](https://pypi.org/project/unmask/):", "")
    yield from ("```shell", "unmask detect photo.jpg --model path/to/this/folder", "```", "")
    yield f"Of the calibrated probability of `fake`: {rule.thresholds}, otherwise unsure. Error rates:"
    yield f"{rule}, on pictures like those of the calibration split."
    yield from ("", *_figures(card.metrics), *_groups(card.metrics), "## Limits", "")
    yield from (f"- {limit}" for limit in card.limits or ("none stated",))
    yield from ("", "## License", "", card.license or "Not stated.")


def _purpose(thresholds: Thresholds) -> str:
    """What a model does, by the labels that it gives."""
    if not thresholds.allows_fake:
        return "Recognizes real faces" if thresholds.allows_real else "Scores faces, without the labels real and fake"
    return "Classifies faces as real or fake" if thresholds.allows_real else "Finds fakes among faces"


def _slug(name: str) -> str:
    """A name as a hub identifier: lowercase letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "model"


def _figures(metrics: CardMetrics) -> Iterator[str]:
    """The card's figures as a table; nothing if it has none."""
    rows = [
        (tier, source, scope)
        for tier, found in metrics.get("tiers", {}).items()
        for source, scope in {"all": found["all"], **found.get("sources", {})}.items()
    ]
    if not rows:
        return
    yield from ("## Measured", "", "| tier | source | AUC (95 % interval) | accuracy |", "|---|---|---|---|")
    for tier, source, scope in rows:
        yield f"| {tier} | {source} | {_interval(scope.get('auc'))} | {_interval(scope.get('accuracy'))} |"
    yield ""


def _groups(metrics: CardMetrics) -> Iterator[str]:
    """The card's error rates by attributes of the face; nothing if it has none."""
    attributes = metrics.get("groups", {}).get("attributes", {})
    if not attributes:
        return
    yield from ("## By looks of the face", "", "| group | real / fake | false alarms | misses |", "|---|---|---|---|")
    for attribute, groups in attributes.items():
        for name, row in groups.items():
            sizes = f"{row['n_real']} / {row['n_fake']}"
            rates = f"{_interval(row.get('false_alarms'))} | {_interval(row.get('misses'))}"
            yield f"| {attribute}{f': {name}' if name != attribute else ''} | {sizes} | {rates} |"
    yield ""


def _interval(figure: Estimate | None) -> str:
    return "–" if figure is None else f"{figure[0]:.3f} ({figure[1]:.3f}–{figure[2]:.3f})"

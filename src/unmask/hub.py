"""Models as folders in the style of the Hugging Face hub: found by folder or hub id, and written ready to upload.

A folder holds `model.onnx` (with its card inside), `config.json` with the names of the classes,
`preprocessor_config.json`, the terms as `LICENSE`, and `README.md` with front matter. Nothing is ever fetched unless a
hub id is asked for.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from unmask.card import CLASSES, ModelCard
from unmask.errors import MissingExtra, UnknownModel
from unmask.preprocessing import FILTERS
from unmask.zoo import shipped

MODEL = "model.onnx"
LICENCE = "LICENSE"
FILES = frozenset({".onnx", ".h5", ".keras", ".pt", ".pth", ".npz", ".bin", ".safetensors", ".json"})
"""What ends like one of these is meant as a file; ids on the hub have dots in them too."""
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def resolve(model: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """The model file a folder or a hub id stands for; names and files are handed back as they are.

    The name of a shipped model always means that model; a folder called so beside it is `./default`.

    Raises:
        UnknownModel: a folder without a model, or a hub id that leads nowhere.
        MissingExtra: a hub id without `huggingface_hub` installed.
    """
    path = Path(model)
    if shipped(model):
        return model
    if path.is_dir():
        if not (path / MODEL).is_file():
            raise UnknownModel(f"{path}: a folder without {MODEL}")
        return path / MODEL
    name = os.fspath(model)
    if path.exists() or path.suffix.lower() in FILES or not HUB_ID.fullmatch(name):
        return model
    return _fetch(name)


def _fetch(name: str) -> str:
    """The path of a model downloaded from the hub, or found in its cache."""
    try:
        from huggingface_hub import hf_hub_download
    except ImportError as error:
        raise MissingExtra(f"{name}: no such file, and fetching models from the hub", "hub") from error
    try:
        return str(hf_hub_download(name, MODEL))
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UnknownModel(f"{name}: no such file, and the hub gives no {MODEL} ({reason})") from error


def write_folder(card: ModelCard, model: bytes, folder: Path) -> None:
    """Write a model as a hub-ready folder.

    Args:
        card: of the model.
        model: the model file's bytes.
        folder: where to; made where it does not exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(model)
    for name, content in (("config.json", _config(card)), ("preprocessor_config.json", _preprocessor(card))):
        (folder / name).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if card.license:
        (folder / LICENCE).write_text(card.license + "\n", encoding="utf-8")
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
    """Normalisation is inside the graph, so that pixels go in as they are."""
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
    """The README of the folder, line by line."""
    yield from ("---", "library_name: unmask", "pipeline_tag: image-classification")
    if card.license:
        yield from ("license: other", f"license_name: terms-of-{_slug(card.name)}", f"license_link: {LICENCE}")
    else:
        yield "license: unknown"
    yield "tags: [deepfake-detection, face, onnx, unmask]"
    yield from ("---", "", f"# {card.name} {card.version}", "", card.summary, "")
    rule = card.decision
    what = "Tells whether a face is real or fake" if rule.thresholds.allows_real else "Finds fakes among faces"
    yield from (f"{what}, with [unmask](https://pypi.org/project/unmask/):", "")
    yield from ("```shell", "unmask detect photo.jpg --model path/to/this/folder", "```", "")
    yield f"Of the calibrated probability of `fake`: {rule.thresholds}, otherwise unsure. The thresholds stand for"
    yield f"{rule}, on pictures like those it was calibrated on."
    yield from ("", *_figures(card.metrics), *_groups(card.metrics), "## Limits", "")
    yield from (f"- {limit}" for limit in card.limits or ("none stated",))
    yield from ("", "## Licence", "", card.license or "Not stated.")


def _slug(name: str) -> str:
    """A name as the hub wants identifiers: small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "model"


def _figures(metrics: Mapping[str, Any]) -> Iterator[str]:
    """The card's figures as a table; nothing where it states none."""
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


def _groups(metrics: Mapping[str, Any]) -> Iterator[str]:
    """The card's error rates by what faces look like; nothing where it states none."""
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


def _interval(figure: Any) -> str:
    return "–" if figure is None else f"{figure[0]:.3f} ({figure[1]:.3f}–{figure[2]:.3f})"

"""All configuration of a training run as frozen dataclasses, read from a TOML recipe.

A recipe has a few top-level keys (`name`, `summary`, `architecture`, `seed`) and one table per class below. Missing
keys have the defaults shown here. The device, the threads and the output folder are not part of a recipe. This module
imports no torch: recipes are listed and checked without it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from unmask.preprocessing import Preprocessing
from unmask.training.augmentation_config import AugmentationConfig
from unmask.training.config_io import (
    from_mapping,
    read_recipe,
    recipe_names,
    rename_keys,
    rename_overrides,
    require,
    set_dotted,
    to_plain,
)
from unmask.training.models.registry import ARCHITECTURES

HISTORY = ("epoch", "loss", "learning_rate", "auc", "held_out_loss", "accuracy", "train_accuracy")
"""Columns of every `history.csv`; one more column for each source and tier, such as `auc/dfdc/clean`."""
RENAMED = {
    "licence": "license",
    "preparation": "preprocessing",
    "fakes": "pseudo_fakes",
    "pseudo_fakes.even": "degrade_originals",
    "pseudo_fakes.resynthesis": "upsampling",
    "optimiser": "optimizer",
    "teacher": "distillation",
    "data.lasting": "stable_split",
    "augmentation.harsh": "low_quality",
    "augmentation.pristine": "undegraded",
    "augmentation.colour": "color",
    "augmentation.colour_strength": "color_strength",
}
"""Recipe keys of unmask 0.1, with their tables, to the current names. Old recipes and model cards hold the old ones."""


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Initial weights and frozen layers.

    Attributes:
        weights: file of initial weights (`.npz`, a PyTorch state dictionary, or a model file to fine-tune); "" for
            random weights. Looked up as a path, then in `$UNMASK_WEIGHTS`.
        freeze: "base" trains only the classifier head; "" trains all layers.
        dropout: rate before the last layer; None keeps the rate of the original architecture.
    """

    weights: str = ""
    freeze: Literal["", "base"] = ""
    dropout: float | None = None

    def __post_init__(self) -> None:
        require(self.dropout is None or 0 <= self.dropout < 1, "dropout must be in [0, 1)")


@dataclass(frozen=True, slots=True)
class DataConfig:
    """Splits and sampling.

    Attributes:
        hold_out: share of the training split that becomes the calibration split (early stopping, calibration,
            thresholds). Groups stay whole.
        stable_split: assign a group to the calibration split by a hash of its name alone, so that other datasets and
            seeds hold out the same groups. Needed to fine-tune a model without calibrating on its training images.
        per_epoch: images in one epoch; 0 takes as many as the training split has.
        balance: what is sampled equally often: each source and class, each class, or each image.
        shares: relative sampling weight of a source when sources are balanced; 1 for sources not named.
        only: training images to use, as "SOURCE:CLASS" such as "holidays:real"; empty uses all. The other splits are
            not filtered.
    """

    hold_out: float = 0.1
    stable_split: bool = False
    per_epoch: int = 0
    balance: Literal["source-and-class", "class", "none"] = "source-and-class"
    shares: dict[str, float] = field(default_factory=dict)
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(0 < self.hold_out < 0.9, "hold_out must be in (0, 0.9)")
        require(self.per_epoch >= 0, "per_epoch must not be negative")
        require(all(share >= 0 for share in self.shares.values()), "shares must not be negative")


@dataclass(frozen=True, slots=True)
class PseudoFakeConfig:
    """Fakes made from real images during training (`unmask.training.data.pseudo_fakes`).

    Attributes:
        share: share of an epoch's fakes that are pseudo-fakes; 0 for none.
        blend: relative frequency of self-blended images.
        swap: relative frequency of face swaps.
        upsampling: relative frequency of upsampling artifacts.
        degrade_originals: share of the originals shown beside pseudo-fakes that lose color, sharpness or resolution
            over the whole image, as pasted faces do, so that only the boundary of the loss marks a fake.
    """

    share: float = 0.0
    blend: float = 1.0
    swap: float = 1.0
    upsampling: float = 0.5
    degrade_originals: float = 0.0

    def __post_init__(self) -> None:
        require(0 <= self.share <= 1, "share must be in [0, 1]")
        require(0 <= self.degrade_originals <= 1, "degrade_originals must be in [0, 1]")
        require(min(self.blend, self.swap, self.upsampling) >= 0, "frequencies must not be negative")
        require(self.share == 0 or self.blend + self.swap + self.upsampling > 0, "at least one kind must be positive")


@dataclass(frozen=True, slots=True)
class OptimizerConfig:
    """The optimizer.

    Attributes:
        name: name of the optimizer.
        learning_rate: peak learning rate.
        weight_decay: decoupled for "adamw".
        momentum: momentum of "sgd".
        clip: largest gradient norm; 0 for no clipping.
    """

    name: Literal["adamw", "adam", "sgd"] = "adamw"
    learning_rate: float = 3e-4
    weight_decay: float = 0.02
    momentum: float = 0.9
    clip: float = 1.0

    def __post_init__(self) -> None:
        require(self.learning_rate > 0, "learning_rate must be positive")
        require(
            min(self.weight_decay, self.momentum, self.clip) >= 0,
            "weight_decay, momentum and clip must not be negative",
        )


@dataclass(frozen=True, slots=True)
class ScheduleConfig:
    """The learning-rate schedule.

    Attributes:
        name: shape after the warm-up.
        warmup: steps of linear warm-up, at most a quarter of the run.
        floor: share of the peak learning rate at the end.
        plateau_patience: epochs without improvement after which the rate is reduced; 0: never.
        plateau_factor: factor of that reduction.
    """

    name: Literal["cosine", "linear", "constant"] = "cosine"
    warmup: int = 0
    floor: float = 0.02
    plateau_patience: int = 0
    plateau_factor: float = 0.5

    def __post_init__(self) -> None:
        require(min(self.warmup, self.plateau_patience) >= 0, "warmup and plateau_patience must not be negative")
        require(0 <= self.floor <= 1, "floor must be in [0, 1]")
        require(0 < self.plateau_factor < 1, "plateau_factor must be in (0, 1)")


@dataclass(frozen=True, slots=True)
class LossConfig:
    """Binary cross-entropy of the logit of `fake`, with options.

    Attributes:
        label_smoothing: distance of the targets from 0 and 1.
        focal: focusing exponent (Lin et al., "Focal Loss for Dense Object Detection", 2017); 0 for none.
        mixup: Beta parameter (Zhang et al., "mixup", 2018); 0 for none.
        consistency: weight of the squared distance between the logits of two views of each image, the second always
            degraded. A batch then holds half as many images, each twice. 0 for one view.
    """

    label_smoothing: float = 0.0
    focal: float = 0.0
    mixup: float = 0.0
    consistency: float = 0.0

    def __post_init__(self) -> None:
        require(0 <= self.label_smoothing < 0.5, "label_smoothing must be in [0, 0.5)")
        require(min(self.focal, self.mixup, self.consistency) >= 0, "focal, mixup, consistency must not be negative")
        require(not (self.mixup and self.consistency), "mixup and consistency cannot be combined; set one of them to 0")


@dataclass(frozen=True, slots=True)
class DistillationConfig:
    """Soft targets from a finished model (`unmask.training.engine.distillation`).

    Attributes:
        model: name that `unmask models` lists, or a model file; "" for none. It runs on every training image.
        share: weight of its probability of `fake` in the target; the label has the rest.
        sha256: SHA-256 of the model file, checked if given; a run records it in its own recipe.
    """

    model: str = ""
    share: float = 0.5
    sha256: str = ""

    def __post_init__(self) -> None:
        require(0 < self.share <= 1, "share must be in (0, 1]")


@dataclass(frozen=True, slots=True)
class TrainerConfig:
    """Length of the training and model selection.

    Attributes:
        epochs: largest number of epochs.
        batch_size: images in one step, over all devices together.
        precision: precision of the forward pass in training; "auto" is bfloat16 where the device is fast at it.
        ema: decay of the exponential moving average of the weights, which is validated and exported; 0 for the last
            weights.
        patience: epochs without improvement of `monitor` after which training stops; 0: never.
        min_delta: smallest improvement that counts.
        monitor: column of `history.csv` that selects the best epoch; higher is better, except for columns that end in
            "loss". "auto" is "auc" if the calibration split has at least 300 images of each class, else
            "held_out_loss", without early stopping in the first half of the epochs.
        tiers: tiers of the calibration split used for early stopping and calibration.
    """

    epochs: int = 10
    batch_size: int = 32
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    ema: float = 0.999
    patience: int = 0
    min_delta: float = 0.0
    monitor: str = "auto"
    tiers: tuple[Literal["clean", "web", "hard"], ...] = ("clean", "web")

    def __post_init__(self) -> None:
        require(min(self.epochs, self.batch_size) >= 1, "epochs and batch_size must be at least 1")
        require(0 <= self.ema < 1, "ema must be in [0, 1)")
        require(min(self.patience, self.min_delta) >= 0, "patience and min_delta must not be negative")
        require(bool(self.tiers), "tiers must name at least one")
        known = self.monitor in ("auto", *HISTORY) or self.monitor.startswith("auc/")
        require(
            known, f"monitor: no {self.monitor!r} in the history; one of auto, {', '.join(HISTORY)}, auc/SOURCE/TIER"
        )
        require(
            not (self.patience and self.monitor == "epoch"), "patience: epoch always increases; choose another monitor"
        )


@dataclass(frozen=True, slots=True)
class CalibrationConfig:
    """Calibration of the scores and choice of the thresholds.

    Attributes:
        method: "platt" (slope and intercept) or "temperature" (slope only).
        false_positive_rate: largest share of real faces of the calibration split above `fake_above`.
        false_negative_rate: largest share of fake faces of the calibration split below `real_below`; with 0 the model
            never answers `real`, for models that know too few kinds of fakes.
    """

    method: Literal["platt", "temperature"] = "platt"
    false_positive_rate: float = 0.01
    false_negative_rate: float = 0.05

    def __post_init__(self) -> None:
        require(0 < self.false_positive_rate < 0.5, "false_positive_rate must be in (0, 0.5)")
        require(0 <= self.false_negative_rate < 0.5, "false_negative_rate must be in [0, 0.5)")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the result of one training run.

    Attributes:
        name: name of the recipe and of the model it trains.
        version: version of that model.
        summary: one line on its purpose.
        architecture: name in `unmask.training.models.registry`.
        seed: random seed of the weights, the splits, the sampling and the augmentation.
        license: terms of use, written into the model card.
        limits: known failures, written into the model card.
    """

    name: str = "unnamed"
    version: str = "1"
    summary: str = ""
    architecture: str = "mobilenetv2"
    seed: int = 7
    license: str = ""
    limits: tuple[str, ...] = ()
    network: NetworkConfig = field(default_factory=NetworkConfig)
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    data: DataConfig = field(default_factory=DataConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    pseudo_fakes: PseudoFakeConfig = field(default_factory=PseudoFakeConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    distillation: DistillationConfig = field(default_factory=DistillationConfig)
    fit: TrainerConfig = field(default_factory=TrainerConfig)
    calibration: CalibrationConfig = field(default_factory=CalibrationConfig)

    def __post_init__(self) -> None:
        require(0 <= self.seed < 2**31, "seed must be in [0, 2^31)")
        names = ", ".join(ARCHITECTURES)
        require(self.architecture in ARCHITECTURES, f"no architecture {self.architecture!r}; one of {names}")

    @classmethod
    def load(cls, recipe: str | os.PathLike[str], /, **overrides: Any) -> Recipe:
        """Read a shipped recipe by name or a TOML file by path.

        Args:
            recipe: a name `unmask recipes` lists, or the path of a `.toml` file.
            overrides: keys to change, dotted (`**{"fit.epochs": 3}`) or as tables (`fit={"epochs": 3}`).

        Raises:
            RecipeError: no such recipe, invalid TOML, an unknown key or an invalid value; the message names it.
        """
        data = rename_keys(read_recipe(recipe), RENAMED)
        for key, value in rename_overrides(overrides, RENAMED).items():
            set_dotted(data, key, value)
        return from_mapping(cls, data)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Recipe:
        """The recipe of plain values, such as those in a model card; names of unmask 0.1 are understood.

        Raises:
            RecipeError: an unknown key or an invalid value.
        """
        return from_mapping(cls, rename_keys(data, RENAMED))

    def to_dict(self) -> dict[str, Any]:
        """The whole recipe as plain JSON values, defaults included."""
        plain: dict[str, Any] = to_plain(self)
        return plain


def shipped_recipes() -> Iterator[Recipe]:
    """Every shipped recipe, sorted by name."""
    return (Recipe.load(name) for name in recipe_names())

"""Recipes: everything that decides what a training run gives, in one frozen tree read from TOML.

A recipe is a file with a few top-level keys (`name`, `summary`, `architecture`, `seed`) and one table per
part below. Whatever it leaves out has the default shown here. Where a run happens (device, threads, folder)
is no part of it. No torch here: recipes are listed and checked without it.
"""

from __future__ import annotations

import codecs
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from unmask.errors import RecipeError
from unmask.preparing import Preparation
from unmask.training.architectures.catalogue import CATALOGUE
from unmask.training.augment import Augmentation
from unmask.training.reading import build, parse_setting, put, require, to_plain

SUFFIX = ".toml"
UTF16 = codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE
"""How files begin that PowerShell 5 writes where `>` sends what a command prints."""
HISTORY = ("epoch", "loss", "learning_rate", "auc", "held_out_loss", "accuracy")
"""Columns of every `history.csv`; beside them there is one for each source and tier, such as `auc/dfdc/clean`."""


@dataclass(frozen=True, slots=True)
class Network:
    """How the network starts.

    Attributes:
        weights: file of initial weights (`.npz`, a PyTorch state dictionary, or a model file to go on from), or "" for
            random ones; looked for as given and in `$UNMASK_WEIGHTS`.
        freeze: "base" trains only the head; "" trains everything.
        dropout: before the last layer; None keeps what the architecture's origin says.
    """

    weights: str = ""
    freeze: Literal["", "base"] = ""
    dropout: float | None = None

    def __post_init__(self) -> None:
        require(self.dropout is None or 0 <= self.dropout < 1, "dropout must be in [0, 1)")


@dataclass(frozen=True, slots=True)
class Data:
    """Which pictures an epoch shows.

    Attributes:
        hold_out: share of the training split kept aside, group by group, for early stopping and calibration.
        lasting: let a group's name alone decide whether it is kept aside, whatever else is in the data set; needed to
            go on from a model without calibrating on what it learnt from.
        per_epoch: pictures in one epoch; 0 means as many as there are.
        balance: what gets equal room in an epoch.
        shares: relative room of a source where sources are balanced; 1 unless named.
        only: what is learnt from, such as "holidays:real", the rest of the training split being left out, for instance
            because of its terms; empty means all of it. What is reported stays whole.
    """

    hold_out: float = 0.1
    lasting: bool = False
    per_epoch: int = 0
    balance: Literal["source-and-class", "class", "none"] = "source-and-class"
    shares: dict[str, float] = field(default_factory=dict)
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(0 < self.hold_out < 0.9, "hold_out must be in (0, 0.9)")
        require(self.per_epoch >= 0, "per_epoch must not be negative")
        require(all(share >= 0 for share in self.shares.values()), "shares must not be negative")


@dataclass(frozen=True, slots=True)
class SelfMade:
    """Fakes made on the fly from real pictures (`unmask.training.fakes`).

    Attributes:
        share: share of an epoch's fakes that are self-made; 0 means none.
        blend, swap, resynthesis: relative frequency of each kind.
        even: share of the originals shown beside them that lose colour, sharpness or resolution as pasted faces do, but
            all over, so that not the loss tells a fake but that it stops at a seam.
    """

    share: float = 0.0
    blend: float = 1.0
    swap: float = 1.0
    resynthesis: float = 0.5
    even: float = 0.0

    def __post_init__(self) -> None:
        require(0 <= self.share <= 1, "share must be in [0, 1]")
        require(0 <= self.even <= 1, "even must be in [0, 1]")
        require(min(self.blend, self.swap, self.resynthesis) >= 0, "frequencies must not be negative")
        require(self.share == 0 or self.blend + self.swap + self.resynthesis > 0, "at least one kind must be wanted")


@dataclass(frozen=True, slots=True)
class Optimiser:
    """How weights follow gradients.

    Attributes:
        name: of the method; `momentum` is for "sgd".
        learning_rate: at its highest.
        weight_decay: decoupled for "adamw".
        clip: largest norm of a gradient; 0 means unlimited.
    """

    name: Literal["adamw", "adam", "sgd"] = "adamw"
    learning_rate: float = 3e-4
    weight_decay: float = 0.02
    momentum: float = 0.9
    clip: float = 1.0

    def __post_init__(self) -> None:
        require(self.learning_rate > 0, "learning_rate must be positive")
        require(min(self.weight_decay, self.momentum, self.clip) >= 0, "nothing here may be negative")


@dataclass(frozen=True, slots=True)
class Schedule:
    """How the learning rate moves.

    Attributes:
        name: its shape after the warm-up, down to `floor` times the highest at the end.
        warmup: steps of linear warm-up; a quarter of the run at most, since few pictures make short runs.
        plateau_patience: epochs without progress after which the rate is multiplied by `plateau_factor`; 0: never.
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
class Loss:
    """What is made small: cross-entropy of the logit of `fake`.

    Attributes:
        label_smoothing: targets are this far from 0 and 1.
        focal: exponent that plays down easy pictures (Lin et al., 2017); 0 is plain cross-entropy.
        mixup: strength of blending pairs of pictures and labels (Zhang et al., 2018); 0 means none.
        consistency: weight of the squared distance between the logits of two views of each picture, the second always
            degraded; a step then shows half as many pictures, each twice. 0 means one view.
    """

    label_smoothing: float = 0.0
    focal: float = 0.0
    mixup: float = 0.0
    consistency: float = 0.0

    def __post_init__(self) -> None:
        require(0 <= self.label_smoothing < 0.5, "label_smoothing must be in [0, 0.5)")
        require(min(self.focal, self.mixup, self.consistency) >= 0, "focal, mixup, consistency must not be negative")
        require(not (self.mixup and self.consistency), "mixup blends pictures that consistency compares; choose one")


@dataclass(frozen=True, slots=True)
class Teaching:
    """A finished model to learn from, beside the labels (`unmask.training.teaching`).

    Attributes:
        model: a name `unmask models` lists or a model file; "" means none. It sees every picture of every epoch, which
            takes as long as judging them.
        share: of the target that is its probability of `fake`; the rest is the label.
        sha256: of the file, checked where it is stated; a run writes it into its own recipe.
    """

    model: str = ""
    share: float = 0.5
    sha256: str = ""

    def __post_init__(self) -> None:
        require(0 < self.share <= 1, "share must be in (0, 1]")


@dataclass(frozen=True, slots=True)
class Fit:
    """How long and how.

    Attributes:
        epochs: at most.
        batch_size: pictures in one step, over all devices together.
        precision: of the forward pass in training; "auto" is bfloat16 where the device is made for it.
        ema: decay of the averaged weights that are validated and exported; 0 takes the last weights.
        patience: epochs without progress of `monitor` after which training stops; 0: never.
        min_delta: what counts as progress.
        monitor: a column of `history.csv`; higher is better, except for one that ends in "loss".
        tiers: in which the held-out part is scored for stopping and calibration.
    """

    epochs: int = 10
    batch_size: int = 32
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    ema: float = 0.999
    patience: int = 0
    min_delta: float = 0.0
    monitor: str = "auc"
    tiers: tuple[Literal["clean", "web", "hard"], ...] = ("clean", "web")

    def __post_init__(self) -> None:
        require(min(self.epochs, self.batch_size) >= 1, "epochs and batch_size must be at least 1")
        require(0 <= self.ema < 1, "ema must be in [0, 1)")
        require(min(self.patience, self.min_delta) >= 0, "patience and min_delta must not be negative")
        require(bool(self.tiers), "tiers must name at least one")
        known = self.monitor in HISTORY or self.monitor.startswith("auc/")
        require(known, f"monitor: no {self.monitor!r} in the history; one of {', '.join(HISTORY)}, auc/SOURCE/TIER")
        require(not (self.patience and self.monitor == "epoch"), "patience: the epoch always grows; monitor another")


@dataclass(frozen=True, slots=True)
class Calibrating:
    """How scores become probabilities and thresholds.

    Attributes:
        method: "platt" (slope and intercept) or "temperature" (slope only).
        false_positive_rate: share of held-out real faces that may lie above `fake_above`.
        false_negative_rate: share of held-out fake faces that may lie below `real_below`; with 0 the model
            never says `real`, for fakes it must not vouch for because it knows too few kinds of them.
    """

    method: Literal["platt", "temperature"] = "platt"
    false_positive_rate: float = 0.01
    false_negative_rate: float = 0.05

    def __post_init__(self) -> None:
        require(0 < self.false_positive_rate < 0.5, "false_positive_rate must be in (0, 0.5)")
        require(0 <= self.false_negative_rate < 0.5, "false_negative_rate must be in [0, 0.5)")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training run, from the network to the thresholds.

    Attributes:
        name: of the recipe and of the model it makes; `version` of that model.
        summary: one line on what it is for.
        architecture: a name in the catalogue.
        seed: of everything drawn at random.
        licence, limits: what the model's card says about terms of use and known failures.
    """

    name: str = "unnamed"
    version: str = "1"
    summary: str = ""
    architecture: str = "mobilenetv2"
    seed: int = 7
    licence: str = ""
    limits: tuple[str, ...] = ()
    network: Network = field(default_factory=Network)
    preparation: Preparation = field(default_factory=Preparation)
    data: Data = field(default_factory=Data)
    augmentation: Augmentation = field(default_factory=Augmentation)
    fakes: SelfMade = field(default_factory=SelfMade)
    optimiser: Optimiser = field(default_factory=Optimiser)
    schedule: Schedule = field(default_factory=Schedule)
    loss: Loss = field(default_factory=Loss)
    teacher: Teaching = field(default_factory=Teaching)
    fit: Fit = field(default_factory=Fit)
    calibration: Calibrating = field(default_factory=Calibrating)

    def __post_init__(self) -> None:
        require(0 <= self.seed < 2**31, "seed must be in [0, 2^31)")
        names = ", ".join(CATALOGUE)
        require(self.architecture in CATALOGUE, f"no architecture {self.architecture!r}; one of {names}")

    @classmethod
    def load(cls, recipe: str | os.PathLike[str], /, **overrides: Any) -> Recipe:
        """Read a shipped recipe by name or a TOML file by path.

        Args:
            recipe: a name `unmask recipes` lists, or the path of a `.toml` file.
            overrides: keys to change, dotted (`**{"fit.epochs": 3}`) or as tables (`fit={"epochs": 3}`).

        Raises:
            RecipeError: no such recipe, not TOML, an unknown key or a value that makes no sense; named in the message.
        """
        data = _read(recipe)
        for key, value in overrides.items():
            put(data, key, value)
        return build(cls, data)

    def to_dict(self) -> dict[str, Any]:
        """The whole recipe as plain JSON values, defaults included."""
        plain: dict[str, Any] = to_plain(self)
        return plain


def recipe_names() -> list[str]:
    """The shipped recipes by name."""
    folder = files("unmask").joinpath("recipes")
    return sorted(entry.name.removesuffix(SUFFIX) for entry in folder.iterdir() if entry.name.endswith(SUFFIX))


def shipped_recipes() -> Iterator[Recipe]:
    """Every shipped recipe, by name."""
    return (Recipe.load(name) for name in recipe_names())


def settings(pairs: list[str]) -> Mapping[str, Any]:
    """`key=value` strings of a command line as overrides for `Recipe.load`.

    Raises:
        RecipeError: a string without `=`.
    """
    return dict(parse_setting(pair) for pair in pairs)


def _read(recipe: str | os.PathLike[str]) -> dict[str, Any]:
    path = Path(recipe)
    if path.suffix == SUFFIX:
        if not path.is_file():
            raise RecipeError(f"{path}: no such recipe file")
        data = path.read_bytes()
    else:
        names = recipe_names()
        if str(recipe) not in names:
            known = ", ".join(names)
            raise RecipeError(f"no recipe named {os.fspath(recipe)!r}; one of {known}, or a path ending in .toml")
        data = files("unmask").joinpath("recipes", f"{recipe}{SUFFIX}").read_bytes()
    try:
        return tomllib.loads(data.decode("utf-16" if data[:2] in UTF16 else "utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{os.fspath(recipe)}: not TOML ({error})") from error

"""Scores networks and model files on the calibration split, after each epoch and for the final calibration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from unmask.card_reader import model_inputs
from unmask.datasets import Dataset
from unmask.evaluation.roc import RocCurve
from unmask.runtime import Session
from unmask.training.config import Recipe
from unmask.training.data.datasets import EvalDataset, eval_loader
from unmask.training.data.face_box_cache import FaceBoxes
from unmask.training.engine.distributed import DistributedContext
from unmask.training.engine.losses import normalize
from unmask.training.engine.state import Record
from unmask.training.models.factory import to_logit

Array = NDArray[np.float64]
Run = Callable[[torch.Tensor, torch.Tensor], NDArray[np.float32]]
"""Scores pixels `[N, size, size, 3]` with face regions `[N, 4]`: logits `[N]`."""
BATCH = 64
MIN_IMAGES_FOR_AUC = 300
"""Images of each class from which the AUC selects the best epoch: its standard error is then at most 0.02."""


@dataclass(frozen=True, slots=True)
class Validator:
    """Scores networks and model files on one split.

    Attributes:
        dataset: the images.
        boxes: their face boxes.
        recipe: preprocessing and tiers.
        distributed: where networks run; each process scores its share of the images.
        workers: loader processes.
    """

    dataset: Dataset
    boxes: FaceBoxes
    recipe: Recipe
    distributed: DistributedContext
    workers: int = 0

    def evaluate(self, network: nn.Module) -> Record:
        """Figures of a network for the history.

        `auc` is the mean over the tiers and the sources that have both classes (over all images if none has);
        `held_out_loss` and `accuracy` are means over the images and the tiers; `auc/SOURCE/TIER` is one AUC.
        """
        labels, fake = self.dataset.labels, self.dataset.labels == 1
        sources = np.array([item.source for item in self.dataset])
        record: Record = {"auc": 0.0, "held_out_loss": 0.0, "accuracy": 0.0}
        tiers, pooled = self.recipe.fit.tiers, []
        for tier in tiers:
            logits = self.network_logits(network, tier)
            record["held_out_loss"] += float(np.logaddexp(0.0, np.where(fake, -logits, logits)).mean()) / len(tiers)
            record["accuracy"] += float(((logits > 0) == fake).mean()) / len(tiers)
            pooled.append(roc_auc(labels, logits))
            for source in self.dataset.sources:
                members = sources == source
                if fake[members].any() and not fake[members].all():
                    record[f"auc/{source}/{tier}"] = roc_auc(labels[members], logits[members])
        aucs = [value for name, value in record.items() if name.startswith("auc/")]
        record["auc"] = float(np.mean(aucs or pooled))
        return record

    @property
    def monitor(self) -> str:
        """The column of the history that selects the best epoch: that of the recipe, or by the size of the split."""
        if self.recipe.fit.monitor != "auto":
            return self.recipe.fit.monitor
        fewest = int(np.bincount(self.dataset.labels, minlength=2).min())
        return "auc" if fewest >= MIN_IMAGES_FOR_AUC else "held_out_loss"

    def network_logits(self, network: nn.Module, tier: str) -> Array:
        """The network's logit of each image in a tier, `[N]`, in every process."""
        rank, world = self.distributed.rank, self.distributed.world

        def run(pixels: torch.Tensor, regions: torch.Tensor) -> NDArray[np.float32]:
            output = network(normalize(pixels.to(self.distributed.device)))
            logits: NDArray[np.float32] = to_logit(output).cpu().numpy()
            return logits

        with torch.inference_mode():
            own = self._collect(list(range(rank, len(self.dataset), world)), tier, run)
        logits = np.empty(len(self.dataset))
        for rank, values in enumerate(self.distributed.gather(own)):
            logits[rank::world] = values
        return logits

    def model_file_logits(self, session: Session, tier: str) -> Array:
        """A model file's logit of each image in a tier, `[N]`."""

        def run(pixels: torch.Tensor, regions: torch.Tensor) -> NDArray[np.float32]:
            return session.run_each(**model_inputs(session, pixels.numpy(), regions.numpy()))["logit"]

        return self._collect(list(range(len(self.dataset))), tier, run)

    def _collect(self, indices: list[int], tier: str, run: Run) -> Array:
        images = EvalDataset(self.dataset, self.boxes, self.recipe.preprocessing, tier)
        batches = eval_loader(images, indices, BATCH, self.workers)
        scored = [run(pixels, regions).astype(np.float64) for pixels, _, regions in batches]
        return np.concatenate(scored or [np.empty(0)])


def roc_auc(labels: NDArray[np.int64], scores: Array) -> float:
    """Area under the ROC curve of labels `[N]`, 1 for fake, and scores `[N]`."""
    return float(RocCurve.of(labels, scores, np.ones((1, len(labels)))).auc()[0])

"""The held-out part, as users' pictures are prepared: scored after each epoch and, in the end, for calibration."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from unmask.datasets import Dataset
from unmask.evaluation.metrics import Curve
from unmask.runtime import Session
from unmask.training.architectures.building import logit_of
from unmask.training.boxes import Boxes
from unmask.training.devices import Place
from unmask.training.loading import Exhibits, exhibit_batches
from unmask.training.loop import normalise
from unmask.training.recipe import Recipe
from unmask.training.run import Record

Array = NDArray[np.float64]
BATCH = 64


@dataclass(frozen=True, slots=True)
class Jury:
    """Scores networks and model files on the held-out part.

    Attributes:
        dataset: the held-out pictures; `boxes` where their faces are.
        recipe: how they are prepared and in which tiers they are shown.
        place: where networks are run; with several processes, each takes its share.
        workers: loader processes.
    """

    dataset: Dataset
    boxes: Boxes
    recipe: Recipe
    place: Place
    workers: int = 0

    def record(self, network: nn.Module) -> Record:
        """Figures of a network for the history.

        `auc` is the mean over the sources that have both classes (over all pictures where none has) and the tiers;
        `held_out_loss` and `accuracy` are means over the pictures and the tiers.
        """
        labels, truth = self.dataset.labels, self.dataset.labels == 1
        sources = np.array([item.source for item in self.dataset])
        record: Record = {"auc": 0.0, "held_out_loss": 0.0, "accuracy": 0.0}
        tiers, together = self.recipe.fit.tiers, []
        for tier in tiers:
            logits = self.logits_of_network(network, tier)
            record["held_out_loss"] += float(np.logaddexp(0.0, np.where(truth, -logits, logits)).mean()) / len(tiers)
            record["accuracy"] += float(((logits > 0) == truth).mean()) / len(tiers)
            together.append(roc_auc(labels, logits))
            for source in self.dataset.sources:
                here = sources == source
                if truth[here].any() and not truth[here].all():
                    record[f"auc/{source}/{tier}"] = roc_auc(labels[here], logits[here])
        aucs = [value for name, value in record.items() if name.startswith("auc/")]
        record["auc"] = float(np.mean(aucs or together))
        return record

    def logits_of_network(self, network: nn.Module, tier: str) -> Array:
        """The network's logit of each picture, `[N]`, on every process."""
        mine = list(range(self.place.rank, len(self.dataset), self.place.world))

        def run(pixels: torch.Tensor) -> NDArray[np.float32]:
            logits: NDArray[np.float32] = logit_of(network(normalise(pixels.to(self.place.device)))).cpu().numpy()
            return logits

        with torch.inference_mode():
            found = self._collect(mine, tier, run)
        logits = np.empty(len(self.dataset))
        for rank, values in enumerate(self.place.gather(found)):
            logits[rank :: self.place.world] = values
        return logits

    def logits_of_file(self, session: Session, tier: str) -> Array:
        """A model file's logit of each picture, `[N]`."""
        everything = range(len(self.dataset))
        return self._collect(list(everything), tier, lambda pixels: session.run_each(pixels.numpy())["logit"])

    def _collect(self, indices: list[int], tier: str, run: Callable[[torch.Tensor], NDArray[np.float32]]) -> Array:
        exhibits = Exhibits(self.dataset, self.boxes, self.recipe.preparation, tier)
        batches: Iterable[tuple[torch.Tensor, torch.Tensor]] = exhibit_batches(exhibits, indices, BATCH, self.workers)
        return np.concatenate([run(pixels).astype(np.float64) for pixels, _ in batches] or [np.empty(0)])


def roc_auc(labels: NDArray[np.int64], scores: Array) -> float:
    """Area under the ROC curve of labels `[N]`, 1 for fake, and scores `[N]`."""
    return float(Curve.of(labels, scores, np.ones((1, len(labels)))).auc()[0])

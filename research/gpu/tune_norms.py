"""Tune the LayerNorms of the image tower of CLIP and a linear head on its embedding.

    python -m research.gpu.tune_norms DIR --out RUN [--epochs 10] [--minutes 9]

DIR holds `tower-*.npz`, `train-*.npz`, `held.npz` and `dev.npz`. RUN receives `norms.npz`, float16 by the names of the
ONNX file, `head.npz` and `metrics.json` with the areas under the ROC curve before and after. The last step is kept,
whatever it gives on `held` and `dev`.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.nn import functional

from research.gpu.augment import augment
from research.gpu.clip_vit import Shape, Tower
from research.gpu.clip_weights import read_parts
from research.gpu.shards import Pictures, decode, read_shard

PENALTY = 10.0
"""Inverse strength of the L2 penalty of a logistic head on frozen embeddings."""
WARMUP = 0.05
"""Share of the steps in which the learning rate rises."""


@dataclass(frozen=True)
class TuningSettings:
    """TuningSettings of the tuning.

    Attributes:
        epochs: number of passes over the training crops, in expectation.
        minutes: the schedule ends after this time at the latest.
        batch: crops of a step.
        rate: highest learning rate of the norms; the head has ten times as much.
        uniformity: weight of the term that spreads embeddings over the sphere.
        slerp: whether embeddings between two of the same class are trained on too.
    """

    epochs: float = 10.0
    minutes: float = 9.0
    batch: int = 128
    rate: float = 3e-4
    uniformity: float = 0.05
    slerp: bool = True


class TunedTower(nn.Module):
    """A tower with a linear head."""

    def __init__(self, tower: Tower, coefficients: NDArray[Any], bias: float) -> None:
        super().__init__()
        self.tower, self.head = tower, nn.Linear(len(coefficients), 1)
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(coefficients)[None])
            self.head.bias.fill_(bias)


def autocast(device: str) -> AbstractContextManager[Any]:
    """Matrix products in bfloat16."""
    return torch.autocast(device, torch.bfloat16)


def to_images(pixels: NDArray[np.uint8] | Tensor, device: str) -> Tensor:
    """Images `[N, 3, S, S]` with values from 0 to 1 of pixels `[N, S, S, 3]`."""
    return torch.as_tensor(pixels).to(device).permute(0, 3, 1, 2).float() / 255


@torch.no_grad()
def embed(tower: Tower, pixels: NDArray[np.uint8], device: str, batch: int = 256) -> NDArray[np.float32]:
    """Embeddings `[N, O]` of crops."""
    found = []
    for start in range(0, len(pixels), batch):
        with autocast(device):
            found.append(tower(to_images(pixels[start : start + batch], device)).cpu().numpy())
    return np.concatenate(found)


def fit(embeddings: NDArray[np.float32], pictures: Pictures) -> tuple[NDArray[np.float32], float]:
    """Coefficients and bias of a logistic head, with equal weight for each source and class."""
    strata = pictures.strata()
    weights = 1 / np.bincount(strata)[strata]
    model = LogisticRegression(C=PENALTY, max_iter=2000)
    model.fit(embeddings, pictures.fake, sample_weight=weights * len(strata) / weights.sum())
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


def areas(scores: NDArray[Any], pictures: Pictures) -> dict[str, float]:
    """Area under the ROC curve by source of fakes, their mean, and of all.

    Fakes of a source without real pictures are compared with all real pictures.
    """
    found = {}
    for source in sorted(set(pictures.source[pictures.fake].tolist())):
        of_source = pictures.source == source
        real = of_source & ~pictures.fake
        chosen = (of_source & pictures.fake) | (real if real.any() else ~pictures.fake)
        found[source] = float(roc_auc_score(pictures.fake[chosen], scores[chosen]))
    return found | {
        "mean": float(np.mean(list(found.values()))),
        "all": float(roc_auc_score(pictures.fake, scores)),
    }


def draws(strata: NDArray[np.int64], batch: int) -> Iterator[Tensor]:
    """Indices of balanced batches: each source and class is as likely."""
    weights = torch.from_numpy(1 / np.bincount(strata)[strata])
    while True:
        yield torch.multinomial(weights, batch, replacement=True)


def loss_of(detector: TunedTower, images: Tensor, fake: Tensor, settings: TuningSettings) -> Tensor:
    """The loss of a batch."""
    embeddings = detector.tower(images)
    inputs, targets = embeddings, fake.float()
    if settings.slerp:
        order = torch.randperm(len(fake), device=fake.device)
        same = fake == fake[order]
        between = slerp(embeddings[same], embeddings[order][same])
        inputs, targets = torch.cat([inputs, between]), torch.cat([targets, targets[same]])
    loss = functional.binary_cross_entropy_with_logits(detector.head(inputs).float()[:, 0], targets)
    distances = torch.pdist(embeddings.float()).square()
    return loss + settings.uniformity * torch.exp(-2 * distances).mean().log()


def slerp(first: Tensor, second: Tensor) -> Tensor:
    """Unit vectors at random places on the arcs between unit vectors."""
    share = torch.rand(len(first), 1, device=first.device)
    angle = torch.acos((first * second).sum(1, keepdim=True).clamp(-0.999, 0.999))
    mixed = torch.sin((1 - share) * angle) * first + torch.sin(share * angle) * second
    return functional.normalize(mixed / torch.sin(angle), dim=1)


def tune(detector: TunedTower, pictures: Pictures, settings: TuningSettings, device: str) -> int:
    """Train the norms and the head; the number of steps.

    The learning rate follows the share of the steps or of the time that is spent, whichever is larger.
    """
    groups = [
        {"params": list(detector.tower.norms().values()), "lr": settings.rate},
        {"params": list(detector.head.parameters()), "lr": 10 * settings.rate},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.0)
    highest = [group["lr"] for group in optimizer.param_groups]
    pixels, fake = torch.from_numpy(pictures.pixels).to(device), torch.from_numpy(pictures.fake).to(device)
    steps, started = max(1, round(settings.epochs * len(fake) / settings.batch)), time.monotonic()
    for step, drawn in enumerate(draws(pictures.strata(), settings.batch)):
        spent = max(step / steps, (time.monotonic() - started) / (60 * settings.minutes))
        if spent >= 1:
            break
        for group, rate in zip(optimizer.param_groups, highest, strict=True):
            group["lr"] = rate * min(spent / WARMUP + 0.01, 1) * 0.5 * (1 + np.cos(np.pi * spent))
        drawn = drawn.to(device)
        with autocast(device):
            loss = loss_of(detector, augment(to_images(pixels[drawn], device)), fake[drawn], settings)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(detector.parameters(), 1.0)
        optimizer.step()
        if step % 20 == 0:
            print(f"step {step} of {steps}, {time.monotonic() - started:.0f} s, loss {loss.item():.4f}", flush=True)
    return step


def save(detector: TunedTower, out: Path) -> None:
    """Write the norms as float16 and the head."""
    norms = {name: value.detach().cpu().numpy().astype(np.float16) for name, value in detector.tower.norms().items()}
    np.savez(out / "norms.npz", allow_pickle=False, **norms)
    head = detector.head
    np.savez(
        out / "head.npz", coefficients=head.weight.detach().cpu().numpy()[0], bias=head.bias.detach().cpu().numpy()[0]
    )


def run(folder: Path, out: Path, settings: TuningSettings, device: str, shape: Shape) -> dict[str, Any]:
    """Tune and evaluate; the metrics, which are also written."""
    out.mkdir(parents=True, exist_ok=True)
    threads = os.cpu_count() or 1
    train = decode([crop for file in sorted(folder.glob("train-*.npz")) for crop in read_shard(file)], threads)
    tests = {name: decode(read_shard(folder / f"{name}.npz"), threads) for name in ("held", "dev")}
    tower = Tower.load(read_parts(sorted(folder.glob("tower-*.npz"))), shape).imitate_integers().halve().to(device)
    metrics: dict[str, Any] = {"settings": asdict(settings), "crops": len(train.fake)}

    def evaluate(name: str, coefficients: NDArray[np.float32]) -> None:
        for part, pictures in tests.items():
            found = areas(embed(tower, pictures.pixels, device) @ coefficients, pictures)
            metrics[f"{name}, {part}"] = {key: round(value, 4) for key, value in found.items()}
            print(f"{name}, {part}: {metrics[f'{name}, {part}']}", flush=True)

    coefficients, bias = fit(embed(tower, train.pixels, device), train)
    evaluate("frozen", coefficients)
    detector = TunedTower(tower, coefficients, bias).to(device)
    metrics["steps"] = tune(detector, train, settings, device)
    save(detector, out)
    evaluate("tuned", detector.head.weight.detach().cpu().numpy()[0])
    evaluate("tuned, head fitted again", fit(embed(tower, train.pixels, device), train)[0])
    (out / "metrics.json").write_text(json.dumps(metrics, indent=2))
    return metrics


def main() -> None:
    """Parse the command line and tune the norms."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder with the tower and the shards")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    for name in ("epochs", "minutes", "rate", "uniformity"):
        parser.add_argument(f"--{name}", type=float, default=getattr(TuningSettings(), name))
    parser.add_argument("--batch", type=int, default=TuningSettings().batch)
    arguments = parser.parse_args()
    settings = TuningSettings(
        arguments.epochs, arguments.minutes, arguments.batch, arguments.rate, arguments.uniformity
    )
    torch.manual_seed(0)
    run(arguments.folder, arguments.out, settings, arguments.device, Shape())


if __name__ == "__main__":
    main()

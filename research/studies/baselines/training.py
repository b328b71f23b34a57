"""One network of the catalogue, planned for a given time, trained, and measured: a row of the table of baselines."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from itertools import chain, count, islice
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

import numpy as np
import torch

from research.studies.baselines.rows import NETWORKS, Conditions, Figures, Row, demand
from unmask.datasets import Dataset
from unmask.detector import read_card
from unmask.runtime import open_session
from unmask.training import Recipe, train
from unmask.training.data.datasets import TrainDataset, train_loader
from unmask.training.data.face_box_cache import find_face_boxes
from unmask.training.data.sampler import EpochSampler
from unmask.training.data.splits import divide
from unmask.training.engine.distributed import open_distributed
from unmask.training.engine.loop import set_training, step
from unmask.training.engine.state import Run, load
from unmask.training.models.factory import create, start
from unmask.training.run_dir import RunDir
from unmask.training.watching import Console

IMAGENET = "mobilenetv2_1.0_imagenet.npz"
"""What the row `mobilenetv2-imagenet` starts from."""
EPOCHS = 3
WARM_UP = 3
"""Steps, and runs of a model, that are done before time is taken."""


def make_row(name: str, dataset: Dataset, conditions: Conditions, work: Path) -> Row:
    """Plan, train and measure one network; an interrupted run is resumed.

    Args:
        name: in `NETWORKS`.
        dataset: with a training split and one to report on.
        conditions: time, threads and processes.
        work: folder of all runs.

    Raises:
        SystemExit: the run was planned under other conditions.
        UnmaskError: the data cannot be trained on, or initial weights are missing.
    """
    folder = RunDir(work / name)
    recipe = planned(recipe_for(name), dataset, conditions, folder.path / "plan.json")
    options: dict[str, Any] = {"device": "cpu", "threads": conditions.threads, "workers": conditions.workers}
    if not folder.model.exists():
        train(dataset, recipe, output=folder.path, resume=True, force=True, **options)
    run, card = load(folder.checkpoint)["run"], read_card(folder.model)[0]
    tiers = card.metrics["tiers"]
    return Row(
        name=name,
        conditions=conditions,
        minutes=run["seconds"] / 60,
        pictures=run["step"] * recipe.fit.batch_size,
        milliseconds=milliseconds(folder.model),
        sources={source: kept(scope) for source, scope in tiers["clean"]["sources"].items()},
        tiers={tier: kept(scopes["all"]) for tier, scopes in tiers.items()},
        cpu=processor(),
        torch=torch.__version__,
        date=date.today().isoformat(),
    )


def recipe_for(name: str) -> Recipe:
    """The shipped recipe of a network, to be cut to the time it is given."""
    changes: dict[str, Any] = {"fit.patience": 0, "fit.epochs": EPOCHS, "fit.tiers": ["clean", "web"], "name": name}
    if name == "mobilenetv2-imagenet":
        changes["network.weights"] = IMAGENET
    return Recipe.load(NETWORKS[name], **changes)


def planned(recipe: Recipe, dataset: Dataset, conditions: Conditions, file: Path) -> Recipe:
    """The recipe with as many pictures as fit into the time, by a measurement made once and kept.

    Its warm-up is at most a tenth of the run: a slow network would never leave that of a recipe for many epochs.
    """
    if file.exists():
        plan = json.loads(file.read_text("utf-8"))
        demand(conditions, Conditions(**plan["conditions"]), file)
    else:
        seconds = conditions.minutes * 60
        rate = pictures_per_second(recipe, dataset, conditions, min(25.0, seconds / 10))
        steps = max(1, int(rate * seconds / EPOCHS / recipe.fit.batch_size))
        plan = {"conditions": asdict(conditions), "per_epoch": steps * recipe.fit.batch_size}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({**plan, "pictures_per_second": round(rate, 1)}, indent=2) + "\n", "utf-8")
    data = replace(recipe.data, per_epoch=plan["per_epoch"])
    warmup = min(recipe.schedule.warmup, EPOCHS * data.per_epoch // recipe.fit.batch_size // 10)
    return replace(recipe, data=data, schedule=replace(recipe.schedule, warmup=warmup))


def pictures_per_second(recipe: Recipe, dataset: Dataset, conditions: Conditions, seconds: float) -> float:
    """How fast a network learns, loading and augmentation included, measured for some seconds."""
    watching = Console(True)
    boxes = find_face_boxes(dataset, watch=watching.over, say=watching.say)
    lessons = TrainDataset(divide(dataset, boxes, recipe).lessons, boxes, recipe)
    plan = EpochSampler.following(recipe, lessons.dataset.items)
    with open_distributed("cpu", conditions.threads) as place:
        network = create(recipe.architecture, size=recipe.preprocessing.size, dropout=recipe.network.dropout)
        start(network, recipe.network)
        trial = Run(recipe, place, network, plan.steps)
        set_training(trial)
        epochs = (train_loader(lessons, plan.batches(epoch), conditions.workers) for epoch in count())
        batches = chain.from_iterable(epochs)
        for pixels, targets in islice(batches, WARM_UP):
            step(trial, trial.network, pixels, targets)
        began = perf_counter()
        while (passed := perf_counter() - began) < seconds or trial.step == WARM_UP:
            step(trial, trial.network, *next(batches))
    return (trial.step - WARM_UP) * recipe.fit.batch_size / passed


def milliseconds(model: Path, rounds: int = 50) -> float:
    """CPU time of one picture through a model file: the median of single runs on one thread, after a warm-up.

    It is the time of the thread that runs the model: other processes, and PyTorch's threads in this one, are not in it.
    """
    session = open_session(model.read_bytes(), threads=1)
    size = int(session.inputs["pixels"][1])
    pixels = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), np.uint8)
    times = []
    for _ in range(WARM_UP + rounds):
        began = thread_time()
        session.run(pixels=pixels)
        times.append(thread_time() - began)
    return statistics.median(times[WARM_UP:]) * 1000


def kept(scope: Mapping[str, Any]) -> Figures:
    """What a row keeps of the figures of some pictures."""
    return {name: list(scope[name]) for name in ("auc", "accuracy") if name in scope}


def processor() -> str:
    """Model name of the processor, and its cores."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text("utf-8").splitlines() if about.is_file() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{named[0] if named else platform.processor() or platform.machine()}, {os.cpu_count()} cores"

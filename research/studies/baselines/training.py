"""Train one network of the table of baselines for a given time, and measure it."""

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

from research.studies.baselines.rows import NETWORKS, Conditions, Metrics, Row, require_conditions
from unmask.card_reader import read_card
from unmask.datasets import Dataset
from unmask.progress import progress_bar
from unmask.runtime import open_session
from unmask.training import Recipe, train
from unmask.training.data.datasets import TrainDataset, train_loader
from unmask.training.data.face_box_cache import find_face_boxes
from unmask.training.data.sampler import EpochSampler
from unmask.training.data.splits import make_splits
from unmask.training.engine.distributed import open_distributed
from unmask.training.engine.loop import train_step
from unmask.training.engine.losses import DetectorLoss
from unmask.training.engine.state import load
from unmask.training.pipeline import new_state
from unmask.training.run_dir import RunDir

IMAGENET = "mobilenetv2_1.0_imagenet.npz"
"""Initial weights of the row `mobilenetv2-imagenet`."""
EPOCHS = 3
WARM_UP = 3
"""Training steps, and runs of a model, before the measurement of time begins."""


def train_row(name: str, dataset: Dataset, conditions: Conditions, work: Path) -> Row:
    """Plan, train and measure one network; an interrupted run is resumed.

    Args:
        name: a key of `NETWORKS`.
        dataset: labeled images with a training split and a test split.
        conditions: time, threads and processes.
        work: folder of all runs.

    Raises:
        SystemExit: the run was planned under other conditions.
        UnmaskError: the data cannot be trained on, or initial weights are missing.
    """
    run_dir = RunDir(work / name)
    recipe = plan_recipe(recipe_for(name), dataset, conditions, run_dir.path / "plan.json")
    options: dict[str, Any] = {"device": "cpu", "threads": conditions.threads, "workers": conditions.workers}
    if not run_dir.model.exists():
        train(dataset, recipe, output=run_dir.path, resume=True, force=True, **options)
    state, card = load(run_dir.checkpoint)["state"], read_card(run_dir.model)[0]
    tiers = card.metrics["tiers"]
    return Row(
        name=name,
        conditions=conditions,
        minutes=state["seconds"] / 60,
        pictures=state["step"] * recipe.fit.batch_size,
        milliseconds=milliseconds(run_dir.model),
        sources={source: select_metrics(metrics) for source, metrics in tiers["clean"]["sources"].items()},
        tiers={tier: select_metrics(metrics["all"]) for tier, metrics in tiers.items()},
        cpu=processor(),
        torch=torch.__version__,
        date=date.today().isoformat(),
    )


def recipe_for(name: str) -> Recipe:
    """The shipped recipe of a row, with the number of epochs and the tiers of this study."""
    changes: dict[str, Any] = {"fit.patience": 0, "fit.epochs": EPOCHS, "fit.tiers": ["clean", "web"], "name": name}
    if name == "mobilenetv2-imagenet":
        changes["network.weights"] = IMAGENET
    return Recipe.load(NETWORKS[name], **changes)


def plan_recipe(recipe: Recipe, dataset: Dataset, conditions: Conditions, file: Path) -> Recipe:
    """The recipe with as many images per epoch as fit into the time; the plan is measured once and stored in `file`.

    The warm-up is limited to a tenth of the run, because a slow network would otherwise spend all its steps in it.
    """
    if file.exists():
        plan = json.loads(file.read_text("utf-8"))
        require_conditions(conditions, Conditions(**plan["conditions"]), file)
    else:
        seconds = conditions.minutes * 60
        rate = images_per_second(recipe, dataset, conditions, min(25.0, seconds / 10))
        steps = max(1, int(rate * seconds / EPOCHS / recipe.fit.batch_size))
        plan = {"conditions": asdict(conditions), "per_epoch": steps * recipe.fit.batch_size}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({**plan, "images_per_second": round(rate, 1)}, indent=2) + "\n", "utf-8")
    data = replace(recipe.data, per_epoch=plan["per_epoch"])
    warmup = min(recipe.schedule.warmup, EPOCHS * data.per_epoch // recipe.fit.batch_size // 10)
    return replace(recipe, data=data, schedule=replace(recipe.schedule, warmup=warmup))


def images_per_second(recipe: Recipe, dataset: Dataset, conditions: Conditions, seconds: float) -> float:
    """Training speed with loading and augmentation, measured for some seconds."""
    with progress_bar() as progress:
        boxes = find_face_boxes(dataset, progress=progress)
    images = TrainDataset(make_splits(dataset, boxes, recipe).train, boxes, recipe)
    sampler = EpochSampler.from_recipe(recipe, images.dataset.items)
    loss = DetectorLoss(recipe.loss, recipe.seed)
    with open_distributed("cpu", conditions.threads) as distributed:
        state = new_state(recipe, distributed, sampler.steps)
        state.options.train_mode(state.model)
        epochs = (train_loader(images, sampler.batches(epoch), conditions.workers) for epoch in count())
        batches = chain.from_iterable(epochs)
        for batch in islice(batches, WARM_UP):
            train_step(state, state.model, batch, loss)
        started = perf_counter()
        while (passed := perf_counter() - started) < seconds or state.step == WARM_UP:
            train_step(state, state.model, next(batches), loss)
    return (state.step - WARM_UP) * recipe.fit.batch_size / passed


def milliseconds(model: Path, rounds: int = 50) -> float:
    """Median CPU milliseconds of a model file per image, on one thread, after a warm-up.

    Only the thread that runs the model is measured, without other processes and without the threads of PyTorch.
    """
    session = open_session(model.read_bytes(), threads=1)
    size = int(session.inputs["pixels"][1])
    pixels = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), np.uint8)
    times = []
    for _ in range(WARM_UP + rounds):
        started = thread_time()
        session.run(pixels=pixels)
        times.append(thread_time() - started)
    return statistics.median(times[WARM_UP:]) * 1000


def select_metrics(metrics: Mapping[str, Any]) -> Metrics:
    """The metrics that a row stores."""
    return {name: list(metrics[name]) for name in ("auc", "accuracy") if name in metrics}


def processor() -> str:
    """Model name of the processor and its number of cores."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text("utf-8").splitlines() if about.is_file() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{named[0] if named else platform.processor() or platform.machine()}, {os.cpu_count()} cores"

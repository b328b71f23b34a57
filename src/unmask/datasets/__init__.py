"""Labelled pictures: reading, splitting and auditing them. Knows no training framework."""

from __future__ import annotations

from unmask.datasets.auditing import Audit, audit
from unmask.datasets.checks import Fault
from unmask.datasets.dataset import Dataset, mix
from unmask.datasets.facts import read_facts
from unmask.datasets.framing import framing_sample, read_framings
from unmask.datasets.item import SPLITS, ClassName, Item
from unmask.datasets.splitting import divide_into_folds, hold_out, split_by_group

__all__ = [
    "SPLITS",
    "Audit",
    "ClassName",
    "Dataset",
    "Fault",
    "Item",
    "audit",
    "divide_into_folds",
    "framing_sample",
    "hold_out",
    "mix",
    "read_facts",
    "read_framings",
    "split_by_group",
]

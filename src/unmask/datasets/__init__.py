"""Labelled pictures: reading, splitting and auditing them. Knows no training framework."""

from __future__ import annotations

from unmask.datasets.auditing import Audit, audit
from unmask.datasets.checks import Fault
from unmask.datasets.dataset import Dataset, mix
from unmask.datasets.facts import read_facts
from unmask.datasets.item import SPLITS, ClassName, Item
from unmask.datasets.splitting import hold_out, split_by_group

__all__ = [
    "SPLITS",
    "Audit",
    "ClassName",
    "Dataset",
    "Fault",
    "Item",
    "audit",
    "hold_out",
    "mix",
    "read_facts",
    "split_by_group",
]

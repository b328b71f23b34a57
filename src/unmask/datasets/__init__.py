"""Labelled pictures: reading, splitting and auditing them. Knows no training framework."""

from __future__ import annotations

from unmask.datasets.dataset import Dataset, mix
from unmask.datasets.item import CLASSES, SPLITS, ClassName, Item
from unmask.datasets.splitting import hold_out, split_by_group

__all__ = ["CLASSES", "SPLITS", "ClassName", "Dataset", "Item", "hold_out", "mix", "split_by_group"]

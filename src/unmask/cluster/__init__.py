"""Scans on more than one machine with Ray."""

from __future__ import annotations

from unmask.cluster.ray import scan_on_ray, scan_to_parquet

__all__ = ["scan_on_ray", "scan_to_parquet"]

"""The endpoints, one module for each group."""

from __future__ import annotations

from importlib import import_module

from fastapi import APIRouter

GROUPS = ("detect", "fetch", "explain", "signals", "report", "jobs", "history", "review", "models", "legacy", "health")


def routers() -> list[APIRouter]:
    """The routers of all groups, in the order of the documentation."""
    return [import_module(f"unmask.web.api.{group}").router for group in GROUPS]

"""Imports a user's function by `module:function`."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from unmask.errors import UsageError


def import_function(text: str, advice: str = "give module:function") -> Callable[..., Any]:
    """The function that `module:function` names; the module may lie in the working directory.

    Args:
        text: `module:function`.
        advice: end of the error message.

    Raises:
        UsageError: there is no such function.
    """
    module, _, name = text.partition(":")
    folder = os.getcwd()
    sys.path.insert(0, folder)
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(f"{text}: cannot be imported ({error}); {advice}") from None
    finally:
        sys.path.remove(folder)
    if not callable(function):
        raise UsageError(f"{text}: is not a function")
    found: Callable[..., Any] = function
    return found


def source_sha256(function: Callable[..., Any]) -> str | None:
    """SHA-256 of the file with the source of a function; None if there is no such file."""
    try:
        source = inspect.getsourcefile(inspect.unwrap(function))
        return hashlib.sha256(Path(source).read_bytes()).hexdigest() if source else None
    except (TypeError, OSError):
        return None

"""The user's folders for unmask on each operating system."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def user_cache_dir() -> Path:
    """The cache folder: `$UNMASK_CACHE` if it is set, otherwise the system's place for caches."""
    if folder := os.environ.get("UNMASK_CACHE"):
        return Path(folder)
    return _user_dir("XDG_CACHE_HOME", ".cache", "Caches")


def user_data_dir() -> Path:
    """The folder for data that the server keeps, such as its database."""
    return _user_dir("XDG_DATA_HOME", ".local/share", "Application Support")


def user_config_dir() -> Path:
    """The folder for settings files."""
    return _user_dir("XDG_CONFIG_HOME", ".config", "Application Support")


def _user_dir(variable: str, linux: str, mac: str) -> Path:
    """The folder `unmask` inside a directory of the user.

    Args:
        variable: environment variable of the XDG Base Directory Specification.
        linux: the directory below the home folder where the variable is not set.
        mac: the directory below `~/Library` on macOS.
    """
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "unmask"
    if sys.platform == "darwin":
        return home / "Library" / mac / "unmask"
    return Path(os.environ.get(variable) or home / linux) / "unmask"

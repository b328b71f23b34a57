"""The user's model folder: promoted models, their lineage, and what the name `default` means.

    MODELS/registry.json               entries and the history of `default`
    MODELS/NAME-VERSION-1a2b3c4d5e6f.onnx

`registry.json` is replaced atomically, so that every reader sees the state before or after a change. Model files are
only added: a rollback makes an earlier file the default again, with the same scores.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from unmask._files import atomic_path, locked
from unmask._paths import user_data_dir
from unmask.errors import BadModelFile, UsageError

DEFAULT = "default"
VARIABLE = "UNMASK_MODELS"
"""Environment variable of the folder."""
SHIPPED = "shipped"
"""What `default` means if it is not a promoted model."""


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """One promoted model.

    Attributes:
        name, version: of its card.
        sha256: SHA-256 of the file.
        file: name of the file in the folder.
        parent: SHA-256 of the model that it replaced.
        promoted: time in ISO 8601.
        decision: digest of the record of the decision; empty if there is none.
    """

    name: str
    version: str
    sha256: str
    file: str
    parent: str
    promoted: str
    decision: str = ""


@dataclass(frozen=True, slots=True)
class _State:
    """Content of `registry.json`: all models, and the models that were the default, oldest first."""

    models: tuple[RegisteredModel, ...] = ()
    defaults: tuple[str, ...] = (SHIPPED,)


class ModelRegistry:
    """The folder of promoted models.

    Attributes:
        folder: the folder; it may not exist.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Name a folder; None for the user's own, or the one in `UNMASK_MODELS`."""
        own = os.environ.get(VARIABLE)
        self.folder = folder or (Path(own) if own else user_data_dir() / "models")
        self._file = self.folder / "registry.json"

    def models(self) -> tuple[RegisteredModel, ...]:
        """All promoted models, oldest first."""
        return self._read().models

    @property
    def default(self) -> RegisteredModel | None:
        """The model that the name `default` means; None for the shipped one."""
        state = self._read()
        return next((each for each in state.models if each.sha256 == state.defaults[-1]), None)

    def path(self, model: RegisteredModel) -> Path:
        """The file of a model."""
        return self.folder / model.file

    def register(self, data: bytes, name: str, version: str, *, parent: str, decision: str = "") -> RegisteredModel:
        """Store a model file and make it the default.

        Args:
            data: bytes of the model file.
            name: name in its card.
            version: version in its card.
            parent: SHA-256 of the model that it replaces.
            decision: digest of the record of the decision.

        Raises:
            UsageError: the folder cannot be written.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{name}-{version}")
        created = datetime.now(UTC).isoformat(timespec="seconds")
        model = RegisteredModel(name, version, sha256, f"{plain}-{sha256[:12]}.onnx", parent, created, decision)
        with self._changing() as state:
            _write_synced(self.path(model), data)
            others = tuple(each for each in state.models if each.sha256 != sha256)
            self._write(replace(state, models=(*others, model), defaults=(*state.defaults, sha256)))
        return model

    def rollback(self) -> RegisteredModel | None:
        """Make the previous default the default again; returns it, or None for the shipped model.

        Raises:
            UsageError: there is no previous default, or the folder cannot be written.
        """
        with self._changing() as state:
            if len(state.defaults) < 2:
                raise UsageError("the default is the shipped model already; there is nothing to roll back")
            self._write(replace(state, defaults=state.defaults[:-1]))
        return self.default

    def use(self, name: str) -> RegisteredModel | None:
        """Make a model the default: by the beginning of its SHA-256, by its name, or `shipped`; returns it.

        Raises:
            UsageError: there is no such model, or several.
        """
        with self._changing() as state:
            found = [each for each in state.models if each.sha256.startswith(name) or each.name == name]
            if name != SHIPPED and len(found) != 1:
                listed = ", ".join(f"{each.name} {each.sha256[:12]}" for each in state.models) or "none"
                raise UsageError(f"{name}: names {len(found)} promoted models; there are {listed}, and {SHIPPED}")
            chosen = SHIPPED if name == SHIPPED else found[0].sha256
            self._write(replace(state, defaults=(*state.defaults, chosen)))
        return self.default

    def stamp(self) -> int:
        """A number that changes with every change of the registry."""
        try:
            return self._file.stat().st_mtime_ns
        except OSError:
            return 0

    @contextmanager
    def _changing(self) -> Iterator[_State]:
        """The current state, while other writers wait."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / ".lock").open("ab") as file, locked(file):
                yield self._read()
        except OSError as error:
            raise UsageError(f"{self.folder}: cannot be written ({error.strerror or error})") from None

    def _read(self) -> _State:
        try:
            content: Mapping[str, Any] = json.loads(self._file.read_text("utf-8"))
            models = tuple(RegisteredModel(**each) for each in content["models"])
            return _State(models, tuple(content["defaults"]) or (SHIPPED,))
        except FileNotFoundError:
            return _State()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadModelFile(f"{self._file}: cannot be read ({error}); restore or delete the file") from None

    def _write(self, state: _State) -> None:
        content = {"models": [asdict(each) for each in state.models], "defaults": list(state.defaults)}
        _write_synced(self._file, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


def _write_synced(path: Path, data: bytes) -> None:
    """Write a file atomically, on the disk before the next one, so that the registry never names a missing model."""
    with atomic_path(path, sync=True) as draft:
        draft.write_bytes(data)


def promoted_default() -> Path | None:
    """The file of the promoted model that the name `default` means; None for the shipped model.

    Raises:
        BadModelFile: the registry cannot be read, or the file is missing.
    """
    registry = ModelRegistry()
    model = registry.default
    if model is None:
        return None
    path = registry.path(model)
    if not path.is_file():
        raise BadModelFile(f"{path}: the promoted model is missing; restore it, or run: unmask models --rollback")
    return path

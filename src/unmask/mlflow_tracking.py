"""Logging of parameters, metrics and files as one MLflow run (extra `mlflow`).

Everything goes through MLflow's own client, and MLflow's environment variables choose the server
(`MLFLOW_TRACKING_URI`) and the experiment (`MLFLOW_EXPERIMENT_NAME`). A server that fails ends the logging, not the
work that is logged.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

from unmask._files import write_atomic
from unmask._version import __version__
from unmask.errors import MissingExtra
from unmask.progress import stderr_console

EXPERIMENT = "unmask"
"""Experiment of the runs, unless `MLFLOW_EXPERIMENT_NAME` or `MLFLOW_EXPERIMENT_ID` names another."""
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
"""Settings of MLflow that hold where the environment has none. With MLflow's own, a server that is down delays each
call by minutes."""
LONGEST_PARAMETER = 6000
"""Characters of a value that MLflow stores."""


def warn(text: str) -> None:
    """Print one line on stderr."""
    stderr_console().print(text, highlight=False, markup=False, soft_wrap=True)


class MlflowRun:
    """One MLflow run, which another process can continue.

    As a context it ends the run: `FINISHED`, `KILLED` by Ctrl+C, or `FAILED`. Metrics and files are kept until MLflow
    has them. After a failure, the work continues, and the end of the context tries once more.

    Args:
        name: name of the run.
        parameters: values of the run, logged once.
        tags: further tags.
        run_file: JSON file with the run's ID, by which a later process continues it; None for a run of one process.
        log: prints the one warning if MLflow fails.

    Raises:
        MissingExtra: MLflow is not installed.
    """

    def __init__(
        self,
        name: str,
        parameters: Mapping[str, object],
        *,
        tags: Mapping[str, str] | None = None,
        run_file: Path | None = None,
        log: Callable[[str], None] = warn,
    ) -> None:
        self._mlflow = load_mlflow()
        self._client: Any = None
        self._name, self._parameters, self._tags = name, parameters, dict(tags or {})
        self._run_file, self._log = run_file, log
        self._run_id = ""
        self._last_step = 0
        self._metrics: list[tuple[str, float, int, int]] = []
        self._files: list[Path] = []
        self._json: dict[str, Mapping[str, object]] = {}
        self._failed = False

    def __enter__(self) -> Self:
        self._attempt(self._send)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        failed = "KILLED" if kind is not None and issubclass(kind, KeyboardInterrupt) else "FAILED"
        self._failed, earlier = False, self._failed
        self._attempt(lambda: self._end("FINISHED" if kind is None else failed), quiet=earlier)

    def log_metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Log metrics; those of a step that the continued run already has are left out.

        Args:
            values: by name.
            step: number of the epoch, from 1; 0 for metrics of the whole run.
        """
        now = int(time.time() * 1000)
        self._metrics += [(metric_name(name), float(value), now, step) for name, value in values.items()]
        if not self._failed:
            self._attempt(self._send)

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Set tags when the run ends."""
        self._tags |= tags

    def log_files(self, paths: Sequence[Path]) -> None:
        """Log files when the run ends."""
        self._files += paths

    def log_json(self, name: str, value: Mapping[str, object]) -> None:
        """Log plain values as a JSON file when the run ends."""
        self._json[name] = value

    def _attempt(self, action: Callable[[], None], *, quiet: bool = False) -> None:
        """Do something with MLflow; the first failure prints one line, whatever it is."""
        try:
            with _environment(), redirect_stdout(sys.stderr):
                action()
        except Exception as error:
            self._failed = True
            if not quiet:
                reason = (str(error).splitlines() or [type(error).__name__])[0]
                self._log(f"MLflow: {reason[:200]}; the run continues, and its end tries again")

    def _end(self, status: str) -> None:
        self._send()
        for name, value in self._tags.items():
            self._client.set_tag(self._run_id, name, value)
        for path in self._files:
            self._client.log_artifact(self._run_id, str(path))
        for name, content in self._json.items():
            self._client.log_dict(self._run_id, dict(content), name)
        self._client.set_terminated(self._run_id, status=status)

    def _send(self) -> None:
        """Start or continue the run, and send the metrics that it does not have."""
        from mlflow.entities import Metric

        if not self._run_id:
            self._client = self._mlflow.MlflowClient()
            self._run_id = self._continued() or self._created()
        new = [Metric(*metric) for metric in self._metrics if not 0 < metric[-1] <= self._last_step]
        if new:
            self._client.log_batch(self._run_id, metrics=new)
        self._metrics.clear()

    def _continued(self) -> str:
        """The ID of the run that an earlier process started; empty if there is none on this server."""
        uri = self._mlflow.get_tracking_uri()
        if self._run_file is None or not self._run_file.exists():
            return ""
        stored = json.loads(self._run_file.read_text("utf-8"))
        if stored["tracking_uri"] != uri:
            return ""
        try:
            run = self._client.get_run(stored["run_id"])
        except self._mlflow.exceptions.MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return ""
            raise
        self._client.update_run(run.info.run_id, status="RUNNING")
        self._last_step = int(run.data.metrics.get("epoch", 0))
        return str(run.info.run_id)

    def _created(self) -> str:
        """The ID of a new run with its parameters."""
        from mlflow.entities import Param
        from mlflow.tracking.context.registry import resolve_tags

        tags = resolve_tags({"unmask.version": __version__, "mlflow.source.name": f"unmask {self._name}", **self._tags})
        run_id = str(self._client.create_run(self._experiment(), tags=tags, run_name=self._name).info.run_id)
        values = [Param(name, str(value)[:LONGEST_PARAMETER]) for name, value in self._parameters.items()]
        self._client.log_batch(run_id, params=values)
        if self._run_file is not None:
            stored = {"tracking_uri": self._mlflow.get_tracking_uri(), "run_id": run_id}
            write_atomic(self._run_file, (json.dumps(stored, indent=2) + "\n").encode())
        return run_id

    def _experiment(self) -> str:
        if number := os.environ.get("MLFLOW_EXPERIMENT_ID"):
            return number
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT)
        found = self._client.get_experiment_by_name(name)
        return str(found.experiment_id if found else self._client.create_experiment(name))


def load_mlflow() -> ModuleType:
    """The module `mlflow`.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import mlflow
    except ImportError as error:
        raise MissingExtra("--mlflow", "mlflow") from error
    return mlflow


def metric_name(name: str) -> str:
    """The name with `_` for each character that MLflow does not allow in names of metrics."""
    return re.sub(r"[^\w.\- :/]", "_", name)


@contextmanager
def _environment() -> Iterator[None]:
    """MLflow's settings of `PATIENCE`, where the environment has none."""
    added = [name for name in PATIENCE if name not in os.environ]
    os.environ.update({name: PATIENCE[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)

"""Logs a decision to MLflow: the outcome as a tag, the figure of each check, and the record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from unmask.mlflow_tracking import MlflowRun
from unmask.promotion.decision import PromotionDecision


def log_decision(decision: PromotionDecision, files: Sequence[Path]) -> None:
    """Log a decision as one MLflow run; a failure of MLflow is one line on stderr.

    Args:
        decision: the decision.
        files: the record and the page, as far as they were written.

    Raises:
        MissingExtra: MLflow is not installed.
    """
    models = {"candidate": decision.candidate, "current": decision.current}
    parameters: dict[str, object] = {f"rules.{name}": value for name, value in decision.rules.to_dict().items()}
    for role, model in models.items():
        parameters |= {role: f"{model.name} {model.version}", f"{role}_sha256": model.sha256}
    parameters |= {"data.name": decision.dataset.name, "data.content_sha256": decision.dataset.content_sha256}
    name = f"promote {decision.candidate.name} {decision.candidate.version}"
    tags = {"unmask.decision": str(decision.decided), "unmask.model_sha256": decision.candidate.sha256}
    with MlflowRun(name, parameters, tags=tags) as run:
        run.log_metrics(
            {f"{check.rule}/{check.subset}/{check.tier}".rstrip("/"): check.worse.value for check in decision.checks}
        )
        run.log_json("decision.json", decision.to_dict())
        run.log_files(files)

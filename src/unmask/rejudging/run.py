"""Judges again what an earlier scan or the history holds, with the options that the earlier verdicts show."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from unmask.detector import DetectorConfig
from unmask.scanning.remote import is_remote
from unmask.scanning.scan import scan
from unmask.verdict import Finding, Verdict


@dataclass(frozen=True, slots=True)
class Plan:
    """What is judged again.

    Attributes:
        paths: files that are in place, or in a remote store.
        missing: paths of files that are not there any more, and of pictures in archives.
        current: findings that the new model made already; they are kept.
        stability, whole_picture: options that the earlier verdicts show.
    """

    paths: tuple[str, ...]
    missing: tuple[str, ...]
    current: tuple[Finding, ...]
    stability: bool
    whole_picture: bool


def plan_rejudging(findings: Iterable[Finding], model_sha256: str) -> Plan:
    """Decide what to judge again.

    Args:
        findings: the earlier findings.
        model_sha256: SHA-256 of the new model file.
    """
    paths, missing, current = [], [], []
    stability = whole_picture = False
    for finding in findings:
        verdict = finding.verdict
        if verdict:
            stability |= any(face.stability is not None for face in verdict.faces)
            whole_picture |= _judged_whole(verdict)
        if verdict and verdict.model.sha256 == model_sha256:
            current.append(finding)
        elif is_remote(finding.path) or os.path.isfile(finding.path):
            paths.append(finding.path)
        else:
            missing.append(finding.path)
    return Plan(tuple(paths), tuple(missing), tuple(current), stability, whole_picture)


def _judged_whole(verdict: Verdict) -> bool:
    """Whether the picture was judged as a whole because no face was found."""
    whole = (0, 0, verdict.width, verdict.height)
    return len(verdict.faces) == 1 and verdict.faces[0].detection_score is None and verdict.faces[0].box == whole


def rejudge(
    plan: Plan,
    detector: DetectorConfig,
    *,
    workers: int | None = None,
    cache: Path | None = None,
    skip: Container[str] = (),
    stop: Event | None = None,
) -> Iterator[Finding]:
    """Yield the new finding of each path of a plan: first those that are current, then those that are judged.

    Args:
        plan: what to judge.
        detector: the new model.
        workers: worker processes; None for one per core.
        cache: path of the verdict cache; None for none.
        skip: paths that are finished.
        stop: once set, no further picture is started.

    Raises:
        UnmaskError: as `unmask.scan`.
    """
    yield from (finding for finding in plan.current if finding.path not in skip)
    remaining = [path for path in plan.paths if path not in skip]
    if remaining:
        yield from scan(
            remaining,
            detector=detector,
            workers=workers,
            stability=plan.stability,
            whole_picture=plan.whole_picture,
            cache=cache,
            stop=stop,
        )

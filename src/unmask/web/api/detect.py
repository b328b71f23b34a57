"""`POST /v1/detect`: pictures in, verdicts out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from unmask.errors import UnmaskError
from unmask.verdict import Failure, Finding, Verdict
from unmask.web.api.openapi import UPLOADING, pictures_body, problems
from unmask.web.api.upload_batch import answer, each, take
from unmask.web.inference_pool import PredictOptions
from unmask.web.schemas import Results
from unmask.web.services import Services, owner_of, services_of
from unmask.web.uploads import Upload, UploadReader

router = APIRouter(tags=["judging"])

WholePicture = Annotated[bool, Query(description="Where no face is found, judge the whole picture.")]
Stability = Annotated[bool, Query(description="Also score mild re-encodings of each face.")]
Name = Annotated[str | None, Query(description="Name of the picture, where the body is one picture.", max_length=255)]


@router.post(
    "/v1/detect",
    response_model=Results,
    responses=problems(*UPLOADING),
    openapi_extra=pictures_body(),
    summary="Judge pictures",
)
async def detect(
    request: Request,
    whole_picture: WholePicture = False,
    stability: Stability = True,
    remember: Annotated[bool, Query(description="Put the verdicts into the history.")] = True,
    name: Name = None,
) -> Response:
    """Judge up to 16 pictures at once.

    Every picture gets a verdict or a problem of its own; the answer is 200 as soon as one got a verdict.
    """
    services, question = services_of(request), PredictOptions(whole_picture, stability)
    async with UploadReader(request, services.request_limits(), services.budget) as intake:
        uploads = await take(request, services, intake)

        async def judge(upload: Upload) -> Verdict:
            return await services.pool.judge(upload.data, upload.name, question)

        outcomes = await each(request, uploads, judge)
        findings = _findings(services, uploads, outcomes)
        ids = await _ids(services, owner_of(request), findings, uploads) if remember else [None] * len(uploads)
    rows = [
        outcome if isinstance(outcome, UnmaskError) else {"id": id_, **outcome.to_dict()}
        for outcome, id_ in zip(outcomes, ids, strict=True)
    ]
    return answer(uploads, rows)


def _findings(
    services: Services, uploads: Sequence[Upload], outcomes: Sequence[Verdict | UnmaskError]
) -> list[Finding]:
    """The outcomes as findings, counted."""
    findings = [
        Finding(upload.name, Failure.from_error(outcome) if isinstance(outcome, UnmaskError) else outcome)
        for upload, outcome in zip(uploads, outcomes, strict=True)
    ]
    for finding in findings:
        services.metrics.finding(finding)
    return findings


async def _ids(services: Services, owner: str, findings: Sequence[Finding], uploads: Sequence[Upload]) -> Sequence[Any]:
    if not any(finding.verdict for finding in findings):
        return [None] * len(findings)
    return await services.remember(owner, findings, [upload.data for upload in uploads])

"""`POST /v1/detect`: pictures in, verdicts out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from unmask.errors import UnmaskError
from unmask.predict_options import PredictOptions
from unmask.verdict import Failure, Finding, Verdict
from unmask.web.api.openapi import UPLOAD_STATUSES, pictures_body, problem_responses
from unmask.web.api.upload_batch import batch_response, read_uploads, run_all
from unmask.web.headlines import with_headline
from unmask.web.schemas import Results
from unmask.web.services import Services, owner_of, services_of
from unmask.web.uploads import Upload, UploadReader

router = APIRouter(tags=["judging"])

WholePicture = Annotated[bool, Query(description="Where no face is found, judge the whole picture.")]
Stability = Annotated[bool, Query(description="Also score mild re-encodings of each face.")]
Prevalence = Annotated[
    float | None,
    Query(gt=0, lt=1, description="Your share of fakes, such as 0.01; adds probabilities restated for it."),
]
Name = Annotated[str | None, Query(description="Name of the picture, if the body is one picture.", max_length=255)]


@router.post(
    "/v1/detect",
    response_model=Results,
    responses=problem_responses(*UPLOAD_STATUSES),
    openapi_extra=pictures_body(),
    summary="Judge pictures",
)
async def detect(
    request: Request,
    whole_picture: WholePicture = False,
    stability: Stability = True,
    remember: Annotated[bool, Query(description="Store the verdicts in the history.")] = True,
    name: Name = None,
    prevalence: Prevalence = None,
) -> Response:
    """Judge up to 16 pictures at once.

    Each picture gets a verdict or a problem. The status is 200 if at least one picture got a verdict. `headline` has
    the words and the scale of a verdict for people.
    """
    services, options = services_of(request), PredictOptions(whole_picture, stability)
    async with UploadReader(request, services.request_limits(), services.budget) as reader:
        uploads = await read_uploads(request, services, reader)

        async def work(upload: Upload) -> Verdict:
            return await services.pool.predict(upload.data, upload.name, options)

        outcomes = await run_all(request, uploads, work)
        findings = record_findings(services, uploads, outcomes)
        ids = await _ids(services, owner_of(request), findings, uploads) if remember else [None] * len(uploads)
    entries = [
        outcome
        if isinstance(outcome, UnmaskError)
        else with_headline({"id": id_, **outcome.to_dict()}, services.pool.detector, prevalence)
        for outcome, id_ in zip(outcomes, ids, strict=True)
    ]
    return batch_response(uploads, entries)


def record_findings(
    services: Services, uploads: Sequence[Upload], outcomes: Sequence[Verdict | UnmaskError]
) -> list[Finding]:
    """Convert outcomes to findings, and count them in the metrics."""
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
    return await services.add_to_history(owner, findings, [upload.data for upload in uploads])

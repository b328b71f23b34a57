"""`POST /v1/detect`: pictures and videos in, verdicts out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from unmask.errors import UnmaskError
from unmask.predict_options import PredictOptions
from unmask.verdict import Finding, Verdict
from unmask.web.api.openapi import UPLOAD_STATUSES, pictures_body, problem_responses
from unmask.web.api.sse import STREAM_CONTENT, respond
from unmask.web.api.upload_batch import batch_response, record_findings
from unmask.web.clips import clip_entry, judge_upload, verdict_of
from unmask.web.headlines import with_headline
from unmask.web.schemas import Results
from unmask.web.services import Services, owner_of, services_of
from unmask.web.uploads import Upload

if TYPE_CHECKING:
    from unmask.progress import Progress

router = APIRouter(tags=["judging"])

WholePicture = Annotated[bool, Query(description="Where no face is found, judge the whole picture.")]
Stability = Annotated[bool, Query(description="Also score mild re-encodings of each face.")]
Prevalence = Annotated[
    float | None,
    Query(gt=0, lt=1, description="Your share of fakes, such as 0.01; adds probabilities restated for it."),
]
Name = Annotated[str | None, Query(description="Name of the picture, if the body is one picture.", max_length=255)]
Model = Annotated[str | None, Query(description="A shipped model to use instead of the server's own.", max_length=60)]


@router.post(
    "/v1/detect",
    response_model=Results,
    responses={200: {"content": STREAM_CONTENT}, **problem_responses(*UPLOAD_STATUSES)},
    openapi_extra=pictures_body(),
    summary="Judge pictures and videos",
)
async def detect(
    request: Request,
    whole_picture: WholePicture = False,
    stability: Stability = True,
    remember: Annotated[bool, Query(description="Store the verdicts in the history.")] = True,
    name: Name = None,
    prevalence: Prevalence = None,
    model: Model = None,
) -> Response:
    """Judge up to 16 pictures at once, or a video where the extra `video` is installed.

    Each file gets a verdict or a problem. The status is 200 if at least one file got a verdict. `headline` has the
    words and the scale of a verdict for people; `clip` has the faces of a video over time. With
    `Accept: text/event-stream` the response is a stream of events: `progress` with the judged frames of a video, then
    `result` or `problem`.
    """
    services, owner = services_of(request), owner_of(request)
    options = PredictOptions(whole_picture, stability)

    def work(upload: Upload, progress: Progress) -> dict[str, Any]:
        detector = services.other_models.get(model) if model else services.pool.detector
        judged = judge_upload(detector, upload, options, progress)
        id_ = services.remember(owner, Finding(upload.name, verdict_of(judged)), upload.data) if remember else None
        return with_headline({"id": id_, **verdict_of(judged).to_dict(), **clip_entry(judged)}, detector, prevalence)

    return await respond(request, services, services.detect_limits(), work, partial(_response, services))


def _response(
    services: Services, uploads: Sequence[Upload], outcomes: Sequence[dict[str, Any] | UnmaskError]
) -> Response:
    """The response; its verdicts and failures are counted in the metrics."""
    verdicts = [each if isinstance(each, UnmaskError) else Verdict.from_dict(each) for each in outcomes]
    record_findings(services, uploads, verdicts)
    return batch_response(uploads, outcomes)

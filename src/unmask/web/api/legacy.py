"""`POST /predict`: the answer that front ends of older detectors expect."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from unmask.errors import UnmaskError
from unmask.verdict import Failure, Finding, Verdict
from unmask.web.api.openapi import UPLOADING, pictures_body, problems
from unmask.web.api.upload_batch import answer, each, take
from unmask.web.inference_pool import PredictOptions
from unmask.web.schemas import LegacyResults
from unmask.web.services import services_of
from unmask.web.uploads import Upload, UploadReader

router = APIRouter(tags=["compatible"])


@router.post(
    "/predict",
    response_model=LegacyResults,
    responses=problems(*UPLOADING),
    openapi_extra=pictures_body(raw=False),
    summary="Judge pictures, in the form of older front ends",
)
async def predict(request: Request) -> Response:
    """Judge pictures and answer with two labels only; where no face is found, the whole picture is judged.

    `label` is `Deepfake` from a probability of one half on. `verdict` is unmask's own label, which can be unsure.
    """
    services, question = services_of(request), PredictOptions(whole_picture=True)
    async with UploadReader(request, services.request_limits(), services.budget) as intake:
        uploads = await take(request, services, intake)

        async def judge(upload: Upload) -> Verdict:
            return await services.pool.judge(upload.data, upload.name, question)

        outcomes = await each(request, uploads, judge)
    for upload, outcome in zip(uploads, outcomes, strict=True):
        result = Failure.from_error(outcome) if isinstance(outcome, UnmaskError) else outcome
        services.metrics.finding(Finding(upload.name, result))
    if all(isinstance(outcome, UnmaskError) for outcome in outcomes):
        return answer(uploads, [outcome for outcome in outcomes if isinstance(outcome, UnmaskError)])
    return JSONResponse({"results": [_old(upload.name, out) for upload, out in zip(uploads, outcomes, strict=True)]})


def _old(name: str, outcome: Verdict | UnmaskError) -> dict[str, Any]:
    if isinstance(outcome, UnmaskError):
        return {"label": None, "fake_probability": None, "filename": name, "verdict": None, "error": outcome.message}
    score = outcome.probability_fake
    label = None if score is None else ("Deepfake" if score >= 0.5 else "Real")
    return {"label": label, "fake_probability": score, "filename": name, "verdict": str(outcome.label), "error": None}

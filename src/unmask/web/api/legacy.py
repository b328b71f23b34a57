"""`POST /predict`: the response format that front ends of older detectors expect."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from unmask.errors import UnmaskError
from unmask.predict_options import PredictOptions
from unmask.verdict import Verdict
from unmask.web.api.openapi import UPLOAD_STATUSES, pictures_body, problem_responses
from unmask.web.api.upload_batch import batch_response, read_uploads, record_findings, run_all
from unmask.web.schemas import LegacyResults
from unmask.web.services import services_of
from unmask.web.uploads import Upload, UploadReader

router = APIRouter(tags=["compatible"])


@router.post(
    "/predict",
    response_model=LegacyResults,
    responses=problem_responses(*UPLOAD_STATUSES),
    openapi_extra=pictures_body(raw=False),
    summary="Judge pictures, in the format of older front ends",
)
async def predict(request: Request) -> Response:
    """Judge pictures with two labels only. If no face is found, the whole picture is judged.

    `label` is `Deepfake` if the probability is at least 0.5. `verdict` is the label of unmask, which can be unsure.
    """
    services, options = services_of(request), PredictOptions(whole_picture=True)
    async with UploadReader(request, services.request_limits(), services.budget) as reader:
        uploads = await read_uploads(request, services, reader)

        async def work(upload: Upload) -> Verdict:
            return await services.pool.predict(upload.data, upload.name, options)

        outcomes = await run_all(request, uploads, work)
    record_findings(services, uploads, outcomes)
    errors = [outcome for outcome in outcomes if isinstance(outcome, UnmaskError)]
    if len(errors) == len(outcomes):
        return batch_response(uploads, errors)
    results = [_legacy_result(upload.name, outcome) for upload, outcome in zip(uploads, outcomes, strict=True)]
    return JSONResponse({"results": results})


def _legacy_result(name: str, outcome: Verdict | UnmaskError) -> dict[str, Any]:
    if isinstance(outcome, UnmaskError):
        return {"label": None, "fake_probability": None, "filename": name, "verdict": None, "error": outcome.message}
    score = outcome.probability_fake
    label = None if score is None else ("Deepfake" if score >= 0.5 else "Real")
    return {"label": label, "fake_probability": score, "filename": name, "verdict": str(outcome.label), "error": None}

"""Videos for the API: whether they are judged here, and a judged video in the wire form."""

from __future__ import annotations

import base64
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from unmask.verdict import Verdict
from unmask.video.clip import ClipVerdict

if TYPE_CHECKING:
    from unmask.detector import Detector
    from unmask.predict_options import PredictOptions
    from unmask.progress import Progress
    from unmask.web.uploads import Upload


def clips_available() -> bool:
    """Whether the package that reads videos is installed."""
    return find_spec("av") is not None


def judge_upload(
    detector: Detector, upload: Upload, options: PredictOptions, progress: Progress
) -> Verdict | ClipVerdict:
    """Judge an uploaded picture or video.

    Args:
        detector: the model.
        upload: the file.
        options: options for pictures.
        progress: receives the judged frames of a video.

    Raises:
        ClientDisconnected: the client left.
        ImageError: the file cannot be judged.
    """
    if upload.clip:
        from unmask.video.inference import judge_clip

        return judge_clip(detector, upload.data, name=upload.name, progress=progress)
    return detector.predict(
        upload.data, name=upload.name, whole_picture=options.whole_picture, stability=options.stability
    )


def verdict_of(judged: Verdict | ClipVerdict) -> Verdict:
    """The verdict of a judged file."""
    return judged.verdict if isinstance(judged, ClipVerdict) else judged


def clip_entry(judged: Verdict | ClipVerdict) -> dict[str, Any]:
    """`{"clip": ...}` with the tracks of a video, each with its thumbnail as WebP in base64; empty for a picture."""
    if not isinstance(judged, ClipVerdict):
        return {}
    clip = judged.to_dict()["clip"]
    thumbnails = [base64.b64encode(track.file).decode() for track in judged.tracks]
    tracks = [{**track, "thumbnail": thumbnail} for track, thumbnail in zip(clip["tracks"], thumbnails, strict=True)]
    return {"clip": {**clip, "tracks": tracks}}

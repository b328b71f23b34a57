"""Judges a clip: scores every sampled frame, averages the scores of each track, and labels the clip by its tracks.

A track's score is the mean of its frames' calibrated logits minus a margin. The frames of one face are correlated: with
the maximum instead of the mean, long clips of real people would be called fake more often than short ones. The margin
keeps the false-positive rate of pictures for clips too. The model card holds it under `metrics.video`, with the clips
that it was fitted on; without that entry it is 0. Measured by `research/studies/clips.py`. Probabilities are corrected
for the number of tracks as they are for the number of faces in a picture.
"""

from __future__ import annotations

import hashlib
import math
import time
from pathlib import Path
from statistics import median

from unmask.card import ModelCard, sigmoid
from unmask.detector import Detector
from unmask.errors import EmptyFile, MissingFile, NotAFile
from unmask.faces import flag_face
from unmask.images import open_image
from unmask.progress import Progress, no_progress
from unmask.verdict import Face, Verdict
from unmask.video.clip import ClipVerdict, Moment, Track
from unmask.video.frames import ClipReader
from unmask.video.tracking import OpenTrack, Tracker


def judge_clip(
    detector: Detector,
    source: str | bytes,
    *,
    name: str | None = None,
    sha256: str | None = None,
    flag_doubtful: bool = True,
    progress: Progress = no_progress,
) -> ClipVerdict:
    """Judge a clip. Of a damaged clip the frames that can be decoded are judged.

    Args:
        detector: the detector for the frames.
        source: a path, or the bytes of a file.
        name: the clip's name in the verdict; the default for a path is the path.
        sha256: of the bytes, if it is known already.
        flag_doubtful: label a face `unsure` if the face detector is not certain of it in most frames.
        progress: receives the number of judged frames and an estimate of their total.

    Raises:
        ImageError: no frame can be judged; the message states why.
        MissingExtra: PyAV is not installed.
    """
    started = time.perf_counter()
    name = name or (source if isinstance(source, str) else "clip")
    sha256 = sha256 or source_sha256(source, name)
    reader, tracker, frames, smallest = ClipReader(source, name, detector.limits), Tracker(), 0, None
    try:
        for frame in reader.frames():
            located = detector.locate_faces(open_image(frame.image, limits=detector.limits))
            smallest = located.smallest_face
            tracker.add(frame, detector.predict_located(located, stability=False, correct_count=False).faces)
            frames += 1
            progress("judging frames", frames, max(frames, reader.expected_frames) if reader.expected_frames else None)
    finally:
        reader.close()
    found = tracker.finish()
    longest_first = sorted(found, key=lambda track: -len(track.moments))
    judged = [_judge_track(each, len(found), detector.card, flag_doubtful) for each in longest_first]
    faces, tracks = tuple(face for face, _ in judged), tuple(track for _, track in judged)
    seconds, size = time.perf_counter() - started, (reader.width, reader.height)
    verdict = Verdict.from_faces(
        faces,
        detector.card.decision.thresholds,
        detector.model,
        path=name,
        sha256=sha256,
        size=size,
        format=reader.format,
        seconds=seconds,
        smallest_face=smallest,
    )
    return ClipVerdict(verdict, tracks, reader.duration, frames, reader.damage)


def track_probability(moments: tuple[Moment, ...], margin: float = 0.0) -> float:
    """A track's probability of fake: the mean logit of its frames minus `margin`."""
    logits = [math.log(moment.probability_fake / (1 - moment.probability_fake)) for moment in moments]
    return sigmoid(sum(logits) / len(logits) - margin)


def logit_margin(card: ModelCard) -> float:
    """The margin that the model card holds for clips; 0 if there is none."""
    return float(card.metrics.get("video", {}).get("margin", 0.0))


def judge_moments(moments: tuple[Moment, ...], tracks: int, card: ModelCard, flag_doubtful: bool = True) -> Face:
    """The face of a track: the box of its highest score, and the median of its detection scores.

    Args:
        moments: the face in each frame.
        tracks: number of tracks that are judged together.
        card: card of the model.
        flag_doubtful: label the face `unsure` if the face detector is not certain of it in most frames.
    """
    probability = max(card.calibration.floor, track_probability(moments, logit_margin(card)))
    probability = card.decision.correct(probability, tracks)
    peak = max(moments, key=lambda moment: moment.probability_fake)
    scores = [moment.detection_score for moment in moments if moment.detection_score is not None]
    face = Face(peak.box, card.decision.thresholds.label(probability), probability)
    return flag_face(face, median(scores) if scores else None, flag_doubtful)


def _judge_track(open_track: OpenTrack, tracks: int, card: ModelCard, flag_doubtful: bool) -> tuple[Face, Track]:
    """The face of a track, and the track; `tracks` is their number."""
    moments = tuple(open_track.moments)
    face = judge_moments(moments, tracks, card, flag_doubtful)
    return face, Track(moments, face.label, face.probability_fake, open_track.file)


def source_sha256(source: str | bytes, name: str) -> str:
    """The SHA-256 of a clip's original bytes; a file is read in chunks.

    Raises:
        ImageError: the file does not exist, is empty, or cannot be read.
    """
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    file = Path(source)
    if not file.exists():
        raise MissingFile(f"{name}: no such file")
    if not file.is_file():
        raise NotAFile(f"{name}: not a regular file")
    if not file.stat().st_size:
        raise EmptyFile(f"{name}: is empty (0 bytes)")
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise MissingFile(f"{name}: cannot be read ({error.strerror})") from error

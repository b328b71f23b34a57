"""Verifies a record: the digest detects edits, the signature detects forgery, and a new verdict is compared."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from unmask.detector import Detector
from unmask.errors import ImageError, MissingExtra
from unmask.faces import identify_face_detector
from unmask.images import ImageSource, open_image
from unmask.record.build import FACE_DETECTOR, TOLERANCE, VERSION
from unmask.record.canonical import canonical, digest
from unmask.record.signing import fingerprint, is_signed_by
from unmask.verdict import Verdict
from unmask.video import is_video
from unmask.video.inference import judge_clip, source_sha256

MAX_BOX_SHIFT = 2
"""Largest difference in pixels between face boxes of the same picture on two machines."""


@dataclass(frozen=True, slots=True)
class RecordCheck:
    """The result of one check.

    Attributes:
        name: identifier of the check.
        ok: whether the check passed; None where it was not possible.
        message: the result in plain sentences.
    """

    name: str
    ok: bool | None
    message: str

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {"check": self.name, "ok": self.ok, "message": self.message}


@dataclass(frozen=True, slots=True)
class VerificationInput:
    """A picture or a clip that is compared with a record.

    Attributes:
        name: path or name as given; None where there is none.
        sha256: digest of the original bytes.
        predict: computes a detector's verdict on it with a record's settings.
    """

    name: str | None
    sha256: str
    predict: Callable[[Detector, Mapping[str, Any]], Verdict]

    @classmethod
    def open(cls, source: ImageSource) -> VerificationInput:
        """Opens a picture, or a clip by its path.

        Raises:
            ImageError: the file cannot be opened.
        """
        if isinstance(source, str | os.PathLike) and is_video(path := os.fspath(source)):
            sha256 = source_sha256(path, path)
            return cls(
                path,
                sha256,
                lambda detector, settings: (
                    judge_clip(
                        detector, path, sha256=sha256, flag_doubtful=settings.get("flag_doubtful", False)
                    ).verdict
                ),
            )
        picture = open_image(source)
        names = ("whole_picture", "stability")
        return cls(
            picture.name,
            picture.sha256,
            lambda detector, settings: detector.predict(
                picture,
                **{name: settings[name] for name in names},
                flag_doubtful=settings.get("flag_doubtful", False),
            ),
        )


def verify_record(
    record: Mapping[str, Any],
    picture: ImageSource | VerificationInput | None = None,
    *,
    load: Callable[[], Detector] | None = None,
    public_key: str | None = None,
) -> Iterator[RecordCheck]:
    """Verifies a record and yields the checks one by one.

    Args:
        record: the record, from `read_records`.
        picture: the recorded picture, or the path of the recorded clip; None skips the checks of bytes and scores.
        load: loads the detector that judges the picture again; None skips the check of scores.
        public_key: the signer's key, from `read_public_key`; None accepts any signer.
    """
    yield _version(record)
    yield _digest(record)
    yield _signature(record, public_key)
    if picture is None:
        yield RecordCheck("picture", None, "No picture was given. Its bytes and scores were not checked.")
        return
    try:
        opened = picture if isinstance(picture, VerificationInput) else VerificationInput.open(picture)
        yield (same := _picture(record, opened))
        if same.ok and load is not None:
            yield _scores(record, opened, load())
    except ImageError as error:
        yield RecordCheck("picture", False, f"The picture cannot be judged: {error.message}.")
    except MissingExtra as error:
        yield RecordCheck("scores", None, f"Not judged again: {error.message}.")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        yield RecordCheck("record", False, f"The record is incomplete or invalid ({error}).")


def _version(record: Mapping[str, Any]) -> RecordCheck:
    if record.get("version") == VERSION:
        return RecordCheck("version", True, f"The record has version {VERSION}.")
    return RecordCheck(
        "version",
        False,
        f"The record has version {record.get('version')!r}. This release of unmask reads version {VERSION}.",
    )


def _digest(record: Mapping[str, Any]) -> RecordCheck:
    content = {name: value for name, value in record.items() if name not in ("digest", "signature")}
    try:
        found = digest(content)
    except (ValueError, TypeError) as error:
        return RecordCheck("digest", False, f"The record was edited: it holds an impossible value ({error}).")
    if found == record.get("digest"):
        return RecordCheck("digest", True, f"The content matches its digest {found[:16]}….")
    stated = str(record.get("digest"))[:16]
    message = f"The record was edited: the digest of its content is {found[:16]}…, not the stated {stated}…."
    return RecordCheck("digest", False, message)


def _signature(record: Mapping[str, Any], public_key: str | None) -> RecordCheck:
    signature = record.get("signature")
    if signature is None:
        missing = "The record is not signed"
        if public_key:
            return RecordCheck("signature", False, f"{missing}, but you named the key of its signer.")
        return RecordCheck("signature", None, f"{missing}. Anyone who edits it can also replace its digest.")
    content = {name: value for name, value in record.items() if name != "signature"}
    try:
        valid = is_signed_by(canonical(content), signature)
    except MissingExtra as error:
        return RecordCheck("signature", None, f"The signature was not checked: {error.message}.")
    except (ValueError, TypeError):
        valid = False
    if not valid:
        message = "The signature does not match the content: the record was edited after signing."
        return RecordCheck("signature", False, message)
    signer = f"key {fingerprint(signature['public_key'])}"
    if public_key is None:
        message = f"The record is signed by {signer}. To check whose key this is, name the signer's key with --key."
        return RecordCheck("signature", True, message)
    if signature["public_key"] != public_key:
        return RecordCheck("signature", False, f"The record is signed by {signer}, which is not the key you named.")
    return RecordCheck("signature", True, f"The record is signed by the key you named ({fingerprint(public_key)}).")


def _picture(record: Mapping[str, Any], picture: VerificationInput) -> RecordCheck:
    expected = str(record["input"]["sha256"])
    if picture.sha256 == expected:
        return RecordCheck("picture", True, f"The picture is the recorded one (sha256 {expected[:16]}…).")
    message = f"The picture changed: its sha256 is {picture.sha256[:16]}…, and the recorded one is {expected[:16]}…."
    return RecordCheck("picture", False, message)


def _scores(record: Mapping[str, Any], picture: VerificationInput, detector: Detector) -> RecordCheck:
    """Judges the picture again and compares the verdicts."""
    recorded, model = record["model"], detector.model
    if recorded["sha256"] != model.sha256:
        message = (
            f"The picture was not judged again: the loaded model is {model.name} {model.version} "
            f"({model.sha256[:12]}…), and the recorded one is {recorded['name']} {recorded['version']} "
            f"({str(recorded['sha256'])[:12]}…); name that file with --model."
        )
        return RecordCheck("scores", False, message)
    tolerance = float(record.get("tolerance", TOLERANCE))
    if not 0 <= tolerance <= TOLERANCE:
        message = f"The record's tolerance of scores is {tolerance:g}; it must be {TOLERANCE:g} at most."
        return RecordCheck("scores", False, message)
    verdict = picture.predict(detector, record["settings"])
    differences = list(_differences(record["verdict"], verdict.to_dict(), tolerance))
    if differences:
        message = f"The picture was judged again, and the result differs: {'; '.join(differences)}."
        message += _other_face_detector(record, detector)
        return RecordCheck("scores", False, message)
    message = f"The picture was judged again, and every score is the same within {tolerance:g}."
    return RecordCheck("scores", True, message)


def _other_face_detector(record: Mapping[str, Any], detector: Detector) -> str:
    """A sentence if the recorded face detector is not the loaded one, else nothing."""
    recorded = record.get(FACE_DETECTOR)
    loaded = identify_face_detector(detector.config.faces if detector.config else None)
    if not isinstance(recorded, Mapping) or recorded.get("sha256") == loaded["sha256"]:
        return ""
    return (
        f" The recorded face detector is {recorded.get('name')} ({str(recorded.get('sha256'))[:12]}…), "
        f"and the loaded one is {loaded['name']} ({str(loaded['sha256'])[:12]}…); name that one with --faces."
    )


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], tolerance: float) -> Iterator[str]:
    """Yields every difference between the recorded verdict and a new one."""
    if old["label"] != new["label"]:
        yield f"the label is {new['label']} (recorded: {old['label']})"
    yield from _score_difference("the picture's score", old["probability_fake"], new["probability_fake"], tolerance)
    for name, value in new["thresholds"].items():
        yield from _score_difference(f"the threshold {name}", old["thresholds"][name], value, tolerance)
    if len(old["faces"]) != len(new["faces"]):
        yield f"the number of faces is {len(new['faces'])} (recorded: {len(old['faces'])})"
        return
    for number, (old_face, new_face) in enumerate(zip(old["faces"], new["faces"], strict=True), start=1):
        yield from _face_differences(f"face {number}", old_face, new_face, tolerance)


def _face_differences(name: str, old: Mapping[str, Any], new: Mapping[str, Any], tolerance: float) -> Iterator[str]:
    if old["label"] != new["label"]:
        yield f"the label of {name} is {new['label']} (recorded: {old['label']})"
    if any(abs(a - b) > MAX_BOX_SHIFT for a, b in zip(old["box"], new["box"], strict=True)):
        yield f"the box of {name} is {new['box']} (recorded: {old['box']})"
    yield from _score_difference(f"the score of {name}", old["probability_fake"], new["probability_fake"], tolerance)
    for side in ("min", "max", "flips") if new["stability"] and old["stability"] else ():
        field = f"the stability {side} of {name}"
        yield from _score_difference(field, old["stability"][side], new["stability"][side], tolerance)
    if (old["stability"] is None) != (new["stability"] is None):
        yield f"the stability of {name} is {'missing' if old['stability'] is None else 'unexpected'} in the record"


def _score_difference(name: str, old: float | None, new: float | None, tolerance: float) -> Iterator[str]:
    if old is None or new is None:
        if old is not new:
            yield f"{name} is {new} (recorded: {old})"
    elif not abs(old - new) <= tolerance:
        yield f"{name} is {new:.4f} (recorded: {old:.4f})"

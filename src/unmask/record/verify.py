"""Checking a record: its digest finds accidents, its signature forgery, and judging again finds changed scores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from unmask.detector import Detector
from unmask.errors import ImageError, MissingExtra
from unmask.images import ImageSource, open_image
from unmask.record.build import TOLERANCE, VERSION
from unmask.record.canonical import canonical, digest
from unmask.record.signing import fingerprint, is_signed_by
from unmask.verdict import Verdict
from unmask.video import is_video
from unmask.video.inference import judge_clip, source_sha256

PIXELS = 2
"""How far a face's box may differ on another machine."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked: `ok` is None where it could not be; `message` says in a sentence what was found."""

    name: str
    ok: bool | None
    message: str

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {"check": self.name, "ok": self.ok, "message": self.message}


@dataclass(frozen=True, slots=True)
class VerificationInput:
    """A picture or a clip that is held against a record.

    Attributes:
        name: path or name as given; None where there is none.
        sha256: of the original bytes.
        judge: what a detector says of it under a record's settings.
    """

    name: str | None
    sha256: str
    judge: Callable[[Detector, Mapping[str, Any]], Verdict]

    @classmethod
    def open(cls, source: ImageSource) -> VerificationInput:
        """Open a picture, or a clip by its path.

        Raises:
            ImageError: it cannot be opened.
        """
        if isinstance(source, str | os.PathLike) and is_video(path := os.fspath(source)):
            sha256 = source_sha256(path, path)
            return cls(path, sha256, lambda detector, _: judge_clip(detector, path, sha256=sha256).verdict)
        picture = open_image(source)
        names = ("whole_picture", "stability")
        return cls(
            picture.name,
            picture.sha256,
            lambda detector, settings: detector.predict(picture, **{name: settings[name] for name in names}),
        )


def verify_record(
    record: Mapping[str, Any],
    picture: ImageSource | VerificationInput | None = None,
    *,
    load: Callable[[], Detector] | None = None,
    public_key: str | None = None,
) -> Iterator[Check]:
    """Check a record, part by part.

    Args:
        record: as `read_records` gives it.
        picture: the picture it speaks of, or the path of the clip; without it the judgement is not repeated.
        load: gives the detector to judge again with.
        public_key: the key that must have signed, as `read_public_key` gives it.
    """
    yield _version(record)
    yield _digest(record)
    yield _signature(record, public_key)
    if picture is None:
        yield Check("picture", None, "No picture was given: neither its bytes nor its scores were checked.")
        return
    try:
        opened = picture if isinstance(picture, VerificationInput) else VerificationInput.open(picture)
        yield (same := _picture(record, opened))
        if same.ok and load is not None:
            yield _again(record, opened, load())
    except ImageError as error:
        yield Check("picture", False, f"The picture cannot be judged: {error.message}.")
    except MissingExtra as error:
        yield Check("scores", None, f"Not judged again: {error.message}.")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        yield Check("record", False, f"The record is incomplete or makes no sense ({error}).")


def _version(record: Mapping[str, Any]) -> Check:
    if record.get("version") == VERSION:
        return Check("version", True, f"An evidence record of version {VERSION}.")
    return Check("version", False, f"The record is of version {record.get('version')!r}; this unmask reads {VERSION}.")


def _digest(record: Mapping[str, Any]) -> Check:
    content = {name: value for name, value in record.items() if name not in ("digest", "signature")}
    try:
        found = digest(content)
    except (ValueError, TypeError) as error:
        return Check("digest", False, f"The record holds a value it cannot have been made with ({error}).")
    if found == record.get("digest"):
        return Check("digest", True, f"The content matches its digest {found[:16]}….")
    claimed = str(record.get("digest"))[:16]
    return Check("digest", False, f"The record was edited: its content has digest {found[:16]}…, it claims {claimed}….")


def _signature(record: Mapping[str, Any], public_key: str | None) -> Check:
    signature = record.get("signature")
    if signature is None:
        missing = "The record is not signed"
        if public_key:
            return Check("signature", False, f"{missing}, but you named a key that should have signed it.")
        return Check("signature", None, f"{missing}: whoever edits it can also make a new digest.")
    content = {name: value for name, value in record.items() if name != "signature"}
    try:
        genuine = is_signed_by(canonical(content), signature)
    except MissingExtra as error:
        return Check("signature", None, f"The signature was not checked: {error.message}.")
    except (ValueError, TypeError):
        genuine = False
    if not genuine:
        return Check("signature", False, "The signature is not of this content: the record was edited after signing.")
    signer = f"key {fingerprint(signature['public_key'])}"
    if public_key is None:
        return Check("signature", True, f"Signed by {signer}; name the signer's key with --key to know whose it is.")
    if signature["public_key"] != public_key:
        return Check("signature", False, f"Signed by {signer}, which is not the key you named.")
    return Check("signature", True, f"Signed by the key you named ({fingerprint(public_key)}).")


def _picture(record: Mapping[str, Any], picture: VerificationInput) -> Check:
    expected = str(record["input"]["sha256"])
    if picture.sha256 == expected:
        return Check("picture", True, f"The picture is the one judged (sha256 {expected[:16]}…).")
    return Check(
        "picture",
        False,
        f"The picture changed: its sha256 is {picture.sha256[:16]}…, the record speaks of {expected[:16]}….",
    )


def _again(record: Mapping[str, Any], picture: VerificationInput, detector: Detector) -> Check:
    """Judge the picture once more and compare."""
    made_with = record["model"]
    if made_with["sha256"] != detector.model.sha256:
        return Check(
            "scores",
            False,
            f"Not judged again: this model is {detector.model.name} {detector.model.version} "
            f"({detector.model.sha256[:12]}…), the record's is {made_with['name']} {made_with['version']} "
            f"({str(made_with['sha256'])[:12]}…); name that file with --model.",
        )
    tolerance = float(record.get("tolerance", TOLERANCE))
    if not 0 <= tolerance <= TOLERANCE:
        return Check(
            "scores", False, f"The record lets scores differ by {tolerance:g}; it may be {TOLERANCE:g} at most."
        )
    verdict = picture.judge(detector, record["settings"])
    changes = list(_changes(record["verdict"], verdict.to_dict(), tolerance))
    if changes:
        return Check("scores", False, f"Judged again, the result differs: {'; '.join(changes)}.")
    return Check("scores", True, f"Judged again, every score is the same to {tolerance:g}.")


def _changes(before: Mapping[str, Any], now: Mapping[str, Any], tolerance: float) -> Iterator[str]:
    """Every difference between two verdicts in a few words."""
    if before["label"] != now["label"]:
        yield f"the label is {now['label']}, the record says {before['label']}"
    yield from _moved("the picture", before["probability_fake"], now["probability_fake"], tolerance)
    for name, value in now["thresholds"].items():
        yield from _moved(f"threshold {name}", before["thresholds"][name], value, tolerance)
    if len(before["faces"]) != len(now["faces"]):
        yield f"{len(now['faces'])} faces are found, the record has {len(before['faces'])}"
        return
    for number, (old, new) in enumerate(zip(before["faces"], now["faces"], strict=True), start=1):
        name = f"face {number}"
        if old["label"] != new["label"]:
            yield f"{name} is {new['label']}, the record says {old['label']}"
        if any(abs(a - b) > PIXELS for a, b in zip(old["box"], new["box"], strict=True)):
            yield f"{name} is at {new['box']}, the record says {old['box']}"
        yield from _moved(name, old["probability_fake"], new["probability_fake"], tolerance)
        for side in ("min", "max", "flips") if new["stability"] and old["stability"] else ():
            yield from _moved(f"{name}'s stability {side}", old["stability"][side], new["stability"][side], tolerance)
        if (old["stability"] is None) != (new["stability"] is None):
            yield f"{name}'s stability is {'missing' if old['stability'] is None else 'surplus'} in the record"


def _moved(name: str, before: float | None, now: float | None, tolerance: float) -> Iterator[str]:
    if before is None or now is None:
        if before is not now:
            yield f"{name} has {now}, the record says {before}"
    elif not abs(before - now) <= tolerance:
        yield f"{name} has {now:.4f}, the record says {before:.4f}"

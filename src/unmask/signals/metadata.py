"""The metadata signal: what the file says of its own origin."""

from __future__ import annotations

from unmask.images import Picture
from unmask.signals.metadata_fields import SEPARATOR, Fields, read_fields
from unmask.signals.generators import CAPTURED, EDITED, GENERATED, find_traces, source_type
from unmask.signals.signal import Notice, Signal

LIMITS = (
    "Metadata are plain text: anyone can write, copy or remove them, and messengers and social networks remove them "
    "from everything."
)
_EDITORS = ("photoshop", "gimp", "lightroom", "snapseed", "pixelmator", "affinity", "facetune", "picsart", "canva")


def read_metadata(picture: Picture) -> Signal:
    """Whether the file says that it was generated, edited or taken by a camera; `stripped` where it says nothing."""
    fields = read_fields(picture)
    state, notice, reading = _judge(fields, picture.original is None)
    traces = [trace.to_dict() for trace in find_traces(fields)]
    details = {"fields": fields, "generator_traces": traces, "digital_source_type": _source(fields)}
    return Signal("metadata", "Metadata", state, notice, reading, LIMITS, details)


def _judge(fields: Fields, only_pixels: bool) -> tuple[str, Notice, str]:
    if only_pixels:
        return "absent", Notice.NONE, "The picture came as bare pixels, without a file that could carry metadata."
    source, traces = _source(fields), find_traces(fields)
    if source in GENERATED:
        return "generated", Notice.STRONG, f"The file declares that it was {GENERATED[source]} ({source})."
    if traces:
        names = " and ".join(dict.fromkeys(trace.generator for trace in traces))
        where = ", ".join(trace.field for trace in traces)
        return "generated", Notice.STRONG, f"The file carries what {names} leaves behind (in {where})."
    camera = " ".join(fields[name][:80] for name in ("exif.Make", "exif.Model") if name in fields)
    editor = next((value for value in _software(fields) if any(name in value.lower() for name in _EDITORS)), None)
    if editor:
        origin = f" It also names a camera, {camera}." if camera else ""
        return "edited", Notice.LOOK, f"The file was saved by editing software ({editor[:80]}).{origin}"
    if source in EDITED:
        return "edited", Notice.LOOK, f"The file declares that it was {EDITED[source]} ({source})."
    if source in CAPTURED:
        return "camera", Notice.NONE, f"The file declares that it was {CAPTURED[source]} ({source})."
    if camera:
        taken = fields.get("exif.DateTimeOriginal")
        when = f", taken {taken[:40]}" if taken else ""
        return "camera", Notice.NONE, f"The file names a camera: {camera}{when}."
    if not fields:
        return (
            "stripped",
            Notice.NONE,
            "The file carries no metadata, like most pictures from the web. That says nothing.",
        )
    return "plain", Notice.NONE, "The file carries metadata, but nothing about a camera, an editor or a generator."


def _source(fields: Fields) -> str | None:
    """The digital source type; of several, the one that says most: something was generated, else edited."""
    declared = fields.get("xmp.DigitalSourceType")
    found = [source_type(value) for value in declared.split(SEPARATOR)] if declared else []
    telling = (each for kind in (GENERATED, EDITED) for each in found if each in kind)
    return next(telling, found[0] if found else None)


def _software(fields: Fields) -> list[str]:
    names = ("exif.Software", "xmp.CreatorTool", "xmp.softwareAgent", "iptc.program", "text.Software")
    return [fields[name] for name in names if name in fields]

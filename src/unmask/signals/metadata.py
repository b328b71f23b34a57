"""The metadata signal: what the file's metadata state about its origin."""

from __future__ import annotations

from unmask.images import Picture
from unmask.signals.generators import CAPTURED, EDITED, GENERATED, find_traces, source_type
from unmask.signals.metadata_fields import SEPARATOR, Fields, read_fields
from unmask.signals.signal import Severity, Signal

LIMITS = "Anyone can write, copy or remove metadata. Messengers and social networks remove them from every picture."
_EDITORS = ("photoshop", "gimp", "lightroom", "snapseed", "pixelmator", "affinity", "facetune", "picsart", "canva")


def read_metadata(picture: Picture) -> Signal:
    """Reads whether the metadata name a generator, an editor or a camera; `stripped` where there are none."""
    fields = read_fields(picture)
    state, severity, reading = _classify(fields, picture.original is None)
    traces = [trace.to_dict() for trace in find_traces(fields)]
    details = {"fields": fields, "generator_traces": traces, "digital_source_type": _source(fields)}
    return Signal("metadata", "Metadata", state, severity, reading, LIMITS, details)


def _classify(fields: Fields, only_pixels: bool) -> tuple[str, Severity, str]:
    if only_pixels:
        return "absent", Severity.NONE, "The picture was given as pixels, without a file that could hold metadata."
    source, traces = _source(fields), find_traces(fields)
    if source in GENERATED:
        return "generated", Severity.STRONG, f"The metadata state that the picture was {GENERATED[source]} ({source})."
    if traces:
        names = " and ".join(dict.fromkeys(trace.generator for trace in traces))
        where = ", ".join(trace.field for trace in traces)
        return "generated", Severity.STRONG, f"The metadata hold traces of {names} (in {where})."
    camera = " ".join(fields[name][:80] for name in ("exif.Make", "exif.Model") if name in fields)
    editor = next((value for value in _software(fields) if any(name in value.lower() for name in _EDITORS)), None)
    if editor:
        origin = f" They also name a camera: {camera}." if camera else ""
        return "edited", Severity.LOOK, f"The metadata name editing software ({editor[:80]}).{origin}"
    if source in EDITED:
        return "edited", Severity.LOOK, f"The metadata state that the picture was {EDITED[source]} ({source})."
    if source in CAPTURED:
        return "camera", Severity.NONE, f"The metadata state that the picture was {CAPTURED[source]} ({source})."
    if camera:
        taken = fields.get("exif.DateTimeOriginal")
        when = f", taken {taken[:40]}" if taken else ""
        return "camera", Severity.NONE, f"The metadata name a camera: {camera}{when}."
    if not fields:
        reading = "The file holds no metadata, like most pictures from the web. This is evidence for neither side."
        return "stripped", Severity.NONE, reading
    return "plain", Severity.NONE, "The metadata name no camera, no editor and no generator."


def _source(fields: Fields) -> str | None:
    """The digital source type; of several, the first that means generated, else edited, else the first."""
    declared = fields.get("xmp.DigitalSourceType")
    found = [source_type(value) for value in declared.split(SEPARATOR)] if declared else []
    preferred = (each for kind in (GENERATED, EDITED) for each in found if each in kind)
    return next(preferred, found[0] if found else None)


def _software(fields: Fields) -> list[str]:
    names = ("exif.Software", "xmp.CreatorTool", "xmp.softwareAgent", "iptc.program", "text.Software")
    return [fields[name] for name in names if name in fields]

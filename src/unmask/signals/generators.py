"""Finds the traces that image generators leave in metadata, and names the IPTC digital source types."""

from __future__ import annotations

import re
from dataclasses import dataclass

from unmask.signals.metadata_fields import Fields


@dataclass(frozen=True, slots=True)
class GeneratorTrace:
    """One trace of a generator: its name, the metadata field, and an excerpt of the field's value."""

    generator: str
    field: str
    excerpt: str

    def to_dict(self) -> dict[str, str]:
        """The wire form."""
        return {"generator": self.generator, "field": self.field, "excerpt": self.excerpt}


_BY_FIELD: tuple[tuple[str, str, str], ...] = (
    (r"text\.parameters|exif\.UserComment|comment", r"\bSteps: ?\d+.*\b(Sampler|CFG scale|Seed)\b", "Stable Diffusion"),
    (
        r"text\.(prompt|workflow)|exif\.(UserComment|Make|Model|ImageDescription)",
        r'"class_type"|"nodes"\s*:',
        "ComfyUI",
    ),
    (r"text\.(invokeai_(metadata|graph|workflow)|sd-metadata|[Dd]ream)", r".", "InvokeAI"),
    (r"text\.fooocus_scheme", r".", "Fooocus"),
    (r"text\.Comment", r'"(sampler|steps|uncond_per_vibe|scale)"\s*:', "NovelAI"),
    (
        r"text\.Description|exif\.ImageDescription|xmp\.description|iptc\.caption",
        r"\bJob ID: ?[0-9a-f-]{36}",
        "Midjourney",
    ),
    (r"text\.(generation_data|aigc|AIGC|TC260.*)", r".", "an image generator (AIGC label)"),
    (r"xmp\.(AISystemUsed|AISystemVersionUsed|AIPromptInformation)", r".", "an image generator (IPTC AI fields)"),
)
"""Rules by field: pattern of the field's name, pattern of its value, generator."""

_NAMES: tuple[tuple[str, str], ...] = (
    (r"midjourney", "Midjourney"),
    (r"\bdall.?e\b|chatgpt|gpt-4o|gpt-image|\bopenai\b", "OpenAI"),
    (r"stable.?diffusion|stability\.?ai|sdxl|\bautomatic1111\b", "Stable Diffusion"),
    (r"\bflux[.\d]|black forest labs", "FLUX"),
    (r"adobe firefly|generative fill|generative expand", "Adobe Firefly"),
    (r"made with google ai|edited with google ai|\bimagen \d|google gemini|\bgemini \d\.\d", "Google AI"),
    (r"bing image creator|microsoft designer", "Microsoft Image Creator"),
    (r"\bnovelai\b", "NovelAI"),
    (r"\bcomfyui\b", "ComfyUI"),
    (r"\binvokeai\b", "InvokeAI"),
    (r"\bideogram(\.ai)?\b", "Ideogram"),
    (r"leonardo\.ai", "Leonardo.Ai"),
    (r"thispersondoesnotexist|stylegan", "StyleGAN"),
    (r"deepfacelab|faceswap|\broop\b|facefusion|deepswap|\breface\b|\bfaceapp\b", "a face-swap tool"),
)
"""Rules by name: pattern searched in the fields of `_NAMED_IN`, generator."""

_NAMED_IN = re.compile(
    r"exif\.(Software|Make|Model|Artist|HostComputer)|xmp\.(CreatorTool|softwareAgent|Credit|creator)"
    r"|iptc\.(credit|source|program|author)|text\.(Software|Source|Author)",
)
"""Fields that name the program or author. Titles, captions and comments are left out: they describe the subject."""

GENERATED = {
    "trainedAlgorithmicMedia": "made by a trained model",
    "compositeWithTrainedAlgorithmicMedia": "composed with parts made by a trained model",
    "algorithmicMedia": "made by an algorithm",
    "compositeSynthetic": "composed with synthetic parts",
    "virtualRecording": "recorded in a virtual world",
}
"""IPTC digital source types of images that are generated, wholly or in part."""
CAPTURED = {
    "digitalCapture": "captured by a digital camera",
    "computationalCapture": "captured by a camera that merges several frames",
    "negativeFilm": "scanned from a negative",
    "positiveFilm": "scanned from a slide",
    "print": "scanned from a print",
}
"""IPTC digital source types of images that come straight from a camera or a scanner."""
EDITED = {
    "humanEdits": "edited by a person",
    "minorHumanEdits": "edited a little by a person",
    "algorithmicallyEnhanced": "altered by an algorithm without a generative model",
    "compositeCapture": "composed of several photographs",
    "composite": "composed of several pictures",
    "screenCapture": "captured from a screen",
    "digitalCreation": "drawn by a person",
    "digitalArt": "drawn by a person",
    "softwareImage": "made with software",
    "dataDrivenMedia": "made from data",
}
"""All other IPTC digital source types."""


def find_traces(fields: Fields) -> list[GeneratorTrace]:
    """Finds the traces of generators, at most one per field."""
    traces = []
    for field, value in fields.items():
        generator = _by_field(field, value) or _by_name(field, value)
        if generator:
            traces.append(GeneratorTrace(generator, field, value[:300]))
    return traces


def source_type(value: str) -> str:
    """The code of a digital source type: the last part of its URL."""
    return value.strip().rstrip("/").rsplit("/", 1)[-1]


def _by_field(field: str, value: str) -> str | None:
    for where, what, generator in _BY_FIELD:
        if re.fullmatch(where, field) and re.search(what, value, re.DOTALL):
            return generator
    return None


def _by_name(field: str, value: str) -> str | None:
    if not _NAMED_IN.fullmatch(field):
        return None
    return next((generator for name, generator in _NAMES if re.search(name, value, re.IGNORECASE)), None)

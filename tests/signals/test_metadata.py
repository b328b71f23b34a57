"""Metadata as cameras, editors and generators write them, planted and read back."""

from __future__ import annotations

import io
import struct
import time
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from unmask import examine, open_image
from unmask.signals import SIGNALS, Severity, Signal
from unmask.signals.metadata import read_metadata

PARAMETERS = (
    "portrait of a woman\nNegative prompt: blurry\nSteps: 28, Sampler: DPM++ 2M, CFG scale: 7, Seed: 42, Size: 512x512"
)
SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmp:CreatorTool="{tool}"><ext:DigitalSourceType>{source}</ext:DigitalSourceType></rdf:Description></rdf:RDF></x:xmpmeta>"""


@pytest.fixture(scope="module")
def image() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def read(data: bytes) -> Signal:
    return read_metadata(open_image(data))


def texts(**chunks: str) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    for name, value in chunks.items():
        info.add_itxt(name, value, zip=len(value) > 300)
    return info


def exif(**tags: Any) -> Image.Exif:
    names = {"Make": 0x010F, "Model": 0x0110, "Software": 0x0131, "ImageDescription": 0x010E, "Artist": 0x013B}
    names["ISOSpeedRatings"] = 0x8827
    found = Image.Exif()
    for name, value in tags.items():
        if name == "UserComment":
            found.get_ifd(0x8769)[0x9286] = value
        else:
            found[names[name]] = value
    return found


@pytest.mark.parametrize(
    ("chunks", "generator"),
    [
        ({"parameters": PARAMETERS}, "Stable Diffusion"),
        ({"prompt": '{"3": {"class_type": "KSampler", "inputs": {}}}', "workflow": '{"nodes": []}'}, "ComfyUI"),
        ({"invokeai_metadata": '{"positive_prompt": "a face"}'}, "InvokeAI"),
        ({"Software": "NovelAI", "Comment": '{"steps": 28, "sampler": "k_euler"}'}, "NovelAI"),
        ({"Description": "a face --v 6 Job ID: 0f3c1a2b-1111-2222-3333-444455556666"}, "Midjourney"),
    ],
)
def test_generator_traces_in_png_chunks(image: Image.Image, chunks: dict[str, str], generator: str) -> None:
    signal = read(saved(image, "PNG", pnginfo=texts(**chunks)))
    assert (signal.state, signal.severity) == ("generated", Severity.STRONG)
    assert generator in signal.reading
    assert signal.details["generator_traces"]


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
@pytest.mark.parametrize("order", ["utf-16-be", "utf-16-le"])
def test_generator_traces_in_user_comments(image: Image.Image, form: str, order: str) -> None:
    comment = b"UNICODE\0" + PARAMETERS.encode(order)
    signal = read(saved(image, form, exif=exif(UserComment=comment)))
    assert signal.state == "generated"
    assert "Stable Diffusion" in signal.reading
    assert "Seed: 42" in signal.details["fields"]["exif.UserComment"]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_declared_source_types(image: Image.Image, form: str) -> None:
    packet = XMP.format(tool="Some tool", source=SOURCE + "trainedAlgorithmicMedia")
    options: dict[str, Any] = {"xmp": packet.encode()}
    if form == "PNG":
        options = {"pnginfo": texts(**{"XML:com.adobe.xmp": packet})}
    signal = read(saved(image, form, **options))
    assert signal.state == "generated"
    assert signal.details["digital_source_type"] == "trainedAlgorithmicMedia"
    assert "made by a trained model" in signal.reading


def test_declared_captures_are_not_suspicious(image: Image.Image) -> None:
    packet = XMP.format(tool="Firmware 1.2", source=SOURCE + "digitalCapture").encode()
    signal = read(saved(image, "JPEG", xmp=packet))
    assert (signal.state, signal.severity) == ("camera", Severity.NONE)


@pytest.mark.parametrize(
    ("kind", "words"), [("algorithmicallyEnhanced", "without a generative model"), ("screenCapture", "from a screen")]
)
def test_declared_edits_are_worth_a_look(image: Image.Image, kind: str, words: str) -> None:
    packet = XMP.format(tool="Firmware 1.2", source=SOURCE + kind).encode()
    signal = read(saved(image, "JPEG", xmp=packet))
    assert (signal.state, signal.severity) == ("edited", Severity.LOOK)
    assert words in signal.reading


def test_generated_wins_among_several_source_types_and_all_programs_are_kept(image: Image.Image) -> None:
    packet = XMP.format(tool="Adobe Photoshop 26.1", source=SOURCE + "compositeWithTrainedAlgorithmicMedia")
    steps = "".join(f'<rdf:li xmlns:e="e" e:softwareAgent="{name}"/>' for name in ("One", "Two"))
    later = f"{steps}<ext:DigitalSourceType>{SOURCE}digitalCapture</ext:DigitalSourceType></rdf:Description>"
    signal = read(saved(image, "JPEG", xmp=packet.replace("</rdf:Description>", later).encode()))
    assert (signal.state, signal.severity) == ("generated", Severity.STRONG)
    assert signal.details["digital_source_type"] == "compositeWithTrainedAlgorithmicMedia"
    assert signal.details["fields"]["xmp.softwareAgent"] == "One; Two"


@pytest.mark.parametrize(
    "tags",
    [
        {"ImageDescription": "Astronauts McDivitt and White before the launch of Gemini 4, 1965"},
        {"ImageDescription": "The head of OpenAI, the company behind ChatGPT, speaks in Paris"},
        {"Artist": "Randall E. Smith"},
        {"Artist": "Gemini Studios"},
    ],
)
def test_generator_name_in_a_caption_or_person_name_is_no_trace(image: Image.Image, tags: dict[str, str]) -> None:
    signal = read(saved(image, "JPEG", exif=exif(**tags)))
    assert (signal.state, signal.details["generator_traces"]) == ("plain", [])


@pytest.mark.parametrize(
    ("tool", "generator"), [("DALL·E 3", "OpenAI"), ("Google Gemini", "Google AI"), ("Ideogram.ai", "Ideogram")]
)
def test_generator_in_a_software_field_is_a_trace(image: Image.Image, tool: str, generator: str) -> None:
    signal = read(saved(image, "JPEG", xmp=XMP.format(tool=tool, source="").encode()))
    assert [trace["generator"] for trace in signal.details["generator_traces"]] == [generator]


def test_cameras_and_editors(image: Image.Image) -> None:
    camera = read(saved(image, "JPEG", exif=exif(Make="Canon", Model="EOS R6")))
    assert camera.state == "camera"
    assert "Canon EOS R6" in camera.reading
    edited = read(saved(image, "JPEG", exif=exif(Make="Canon", Software="Adobe Photoshop 26.1")))
    assert (edited.state, edited.severity) == ("edited", Severity.LOOK)
    assert "Canon" in edited.reading


def test_file_without_metadata_is_stripped(image: Image.Image) -> None:
    signal = read(saved(image, "PNG"))
    assert (signal.state, signal.severity) == ("stripped", Severity.NONE)
    assert read_metadata(open_image(image)).state == "absent"


def test_a_caption_that_mentions_a_generator_by_chance_is_no_trace(image: Image.Image) -> None:
    signal = read(saved(image, "JPEG", exif=exif(UserComment=b"ASCII\0\0\0We took seven steps towards the door.")))
    assert signal.state == "plain"


@pytest.mark.parametrize(
    "packet",
    [
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
        b"<x:xmpmeta><unclosed",
        b"\xff\xfe\x00 no xml at all",
    ],
)
def test_invalid_xmp_is_ignored(image: Image.Image, packet: bytes) -> None:
    signal = read(saved(image, "JPEG", xmp=packet))
    assert signal.state in ("plain", "stripped")
    assert "aaaa" not in str(signal.details)


def test_control_characters_are_removed_from_fields(image: Image.Image) -> None:
    signal = read(saved(image, "PNG", pnginfo=texts(**{"Author": "\x1b[31mred\u202e", "a\x1bkey": "value"})))
    assert "\x1b" not in str(signal.details["fields"])
    assert "\u202e" not in str(signal.details["fields"])


def test_ten_megabytes_of_exif_are_read_in_bounded_time(image: Image.Image) -> None:
    count = 10_000_000 // 8
    tags = struct.pack(">2sHIHHHIII", b"MM", 42, 8, 1, 0x829D, 5, count, 26, 0)
    tiff = tags + b"\0\0\0\1" * (2 * count)
    parts = [b"Exif\0\0" + tiff[start : start + 65_000] for start in range(0, len(tiff), 65_000)]
    segments = b"".join(b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part for part in parts)
    data = saved(image, "JPEG")
    started = time.process_time()
    picture = open_image(data[:2] + segments + data[2:])
    signals = examine(picture)
    assert time.process_time() - started < 2.0
    assert np.array_equal(np.asarray(picture.rgb()), np.asarray(open_image(data).rgb()))
    assert "EXIF segments" in picture.notes[0]
    assert len(signals) == len(SIGNALS)


def test_a_list_of_values_is_cut(image: Image.Image) -> None:
    signal = read(saved(image, "PNG", exif=exif(ISOSpeedRatings=tuple(range(5000)))))
    assert signal.details["fields"]["exif.ISOSpeedRatings"].startswith("0, 1, 2, 3")
    assert signal.details["fields"]["exif.ISOSpeedRatings"].endswith("98, 99")


@pytest.mark.parametrize(("start", "end"), [("<x>", "</x>"), ("<x/>", "")])
def test_xmp_of_many_or_nested_elements_is_refused(image: Image.Image, start: str, end: str) -> None:
    packet = "<description>" + start * 30_000 + end * 30_000 + "</description>"
    signal = read(saved(image, "PNG", pnginfo=texts(**{"XML:com.adobe.xmp": packet})))
    assert signal.details["fields"] == {"xmp.refused": "has more than 20000 elements or 64 levels"}

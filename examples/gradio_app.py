"""Show verdict, faces and heat map of a picture from a file or the webcam, with Gradio.

pip install gradio
python examples/gradio_app.py            # http://127.0.0.1:7860
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import gradio as gr
from PIL import Image

from unmask import Detector, UnmaskError, explain, open_image
from unmask.headline import make_headline
from unmask.reporting import annotate

MODEL = os.environ.get("UNMASK_MODEL", "default")
Result = tuple[dict[str, float], str, Image.Image, Image.Image | None]


@cache
def detector() -> Detector:
    """The detector, loaded for the first picture."""
    return Detector.load(MODEL)


def judge(path: str | None) -> Result:
    """The probabilities, the verdict in words, the picture with boxes, and the heat maps of the faces."""
    if path is None:
        raise gr.Error("Choose a picture first.", print_exception=False)
    try:
        picture = open_image(path)
        verdict = detector().predict(picture)
        heatmap = explain(detector(), picture, faithfulness=False).overlay() if verdict.faces else None
    except UnmaskError as error:
        raise gr.Error(error.message, print_exception=False) from error
    headline = make_headline(verdict, detector().card)
    words = f"## {headline.title}: {headline.detail}\n\n{headline.sentence} {headline.caution}"
    fake = verdict.probability_fake
    probabilities = {} if fake is None else {"fake": fake, "real": 1 - fake}
    return probabilities, words, annotate(picture, verdict), heatmap


def app() -> gr.Blocks:
    """The page."""
    with gr.Blocks(title="unmask", analytics_enabled=False) as page:
        gr.Markdown("# unmask\nDetects whether a face is real or a deepfake. Pictures stay on this computer.")
        with gr.Row():
            with gr.Column():
                source = gr.Image(type="filepath", sources=["upload", "webcam", "clipboard"], label="Picture")
                button = gr.Button("Check", variant="primary")
            with gr.Column():
                words = gr.Markdown()
                label = gr.Label(label="Probabilities, if half of all pictures are fake", show_heading=False)
        with gr.Row():
            faces = gr.Image(label="Faces", format="png")
            heatmap = gr.Image(label="Heat maps", show_label=False, format="png")
        outputs: list[Any] = [label, words, faces, heatmap]
        button.click(judge, source, outputs)
    return page


if __name__ == "__main__":
    local = gr.themes.Default(font=["sans-serif"], font_mono=["monospace"])
    app().launch(theme=local, server_port=int(os.environ.get("PORT", "7860")))

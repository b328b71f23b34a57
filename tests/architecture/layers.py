"""The layers of the package, and the paragraph in CONTRIBUTING.md that is generated from them.

    python -m tests.architecture.layers --write

Without `--write`, the paragraph is printed.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

LAYERS: tuple[tuple[str, ...], ...] = tuple(
    tuple(layer.split())
    for layer in (
        "__main__",
        "cli",
        "site",
        "mcp_server",
        "web",
        "cluster",
        "training",
        "reporting",
        "rejudging promotion",
        "scanning explaining record streams",
        "video",
        "evaluation collections review drift",
        "sklearn",
        "doctor",
        "datasets",
        "detector",
        "card_reader faces signals",
        "composed_session",
        "hub",
        "zoo runtime model_registry",
        "headline",
        "headline_text",
        "card",
        "located_faces",
        "preprocessing stability score_scale prevalence",
        "images html",
        "image_repair",
        "image_formats jpeg_markers pixel_arrays",
        "verdict",
        "_function_import mlflow_tracking webhooks",
        "errors progress predict_options card_metrics _encoding _files _listed_paths _paths _text_tables",
        "_decoder_warnings _version",
    )
)
"""Modules and packages of `unmask`, highest layer first. A module imports only from lower layers."""

PAGE = Path(__file__).parents[2] / "CONTRIBUTING.md"
BEGIN, END = "<!-- layers -->\n", "<!-- end of layers -->\n"
WIDTH = 110


def paragraph() -> str:
    """The layers as an indented block of Markdown."""
    lines, line = [], ""
    for layer in LAYERS[1:]:
        item = " | ".join(layer)
        if line and len(line) + len(item) + 3 > WIDTH:
            lines.append(line + " →")
            line = "    " + item
        else:
            line = f"{line} → {item}" if line else item
    return "".join(f"    {each}\n" for each in (*lines, line))


def with_paragraph(page: str) -> str:
    """The page with the current paragraph.

    Raises:
        ValueError: the page has no marks for the paragraph.
    """
    if BEGIN not in page or END not in page:
        raise ValueError(f"{PAGE.name} needs the lines {BEGIN.strip()!r} and {END.strip()!r}")
    pattern = re.escape(BEGIN) + r".*?" + re.escape(END)
    return re.sub(pattern, lambda _: f"{BEGIN}\n{paragraph()}\n{END}", page, flags=re.DOTALL)


def main(arguments: list[str]) -> None:
    """Print the paragraph, or write it into CONTRIBUTING.md."""
    if arguments == ["--write"]:
        PAGE.write_text(with_paragraph(PAGE.read_text("utf-8")), "utf-8")
    else:
        sys.stdout.write(paragraph())


if __name__ == "__main__":
    main(sys.argv[1:])

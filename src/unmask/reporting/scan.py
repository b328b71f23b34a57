"""The findings of a scan as a page to look through: thumbnails, the most suspicious first."""

from __future__ import annotations

import base64
import heapq
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from html import escape
from pathlib import Path

from PIL import Image

from unmask import __version__
from unmask.errors import UnmaskError
from unmask.images import Picture
from unmask.verdict import Finding, Label, Verdict, shown

Reopen = Callable[[str], Picture]

SHOWN = 2000
"""Pictures with a thumbnail; a page of more is too heavy for a browser."""
PROBLEMS_SHOWN = 1000
SIDE = 160
"""Longer side of a thumbnail in pixels."""

_ICONS = {Label.FAKE: "✗", Label.REAL: "✓", Label.UNSURE: "?", Label.NO_FACE: "–"}
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 80rem; padding: 0 1rem }
.grid { display: grid; gap: .8rem; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)) }
.grid { list-style: none; padding: 0 }
.grid li { border: 1px solid #8884; border-radius: .5rem; padding: .6rem; overflow-wrap: anywhere; font-size: .85rem }
.frame { display: grid; place-items: center; height: 10rem }
.frame > div { position: relative; line-height: 0 }
.box { position: absolute; border: 2px solid #c62828 }
.label { font-weight: 700 }
.fake .label { color: #c62828 } .real .label { color: #2e7d32 } .unsure .label { color: #b26a00 }
@media (prefers-color-scheme: dark) {
  .fake .label { color: #ff8a80 } .real .label { color: #81c784 } .unsure .label { color: #ffca28 }
}
fieldset { border: 0; padding: 0; margin: 1rem 0 } fieldset label { margin-right: 1rem }
body:has(#hide-fake:checked) .fake, body:has(#hide-real:checked) .real,
body:has(#hide-unsure:checked) .unsure, body:has(#hide-no_face:checked) .no_face { display: none }
@media print { fieldset { display: none } }
"""


def write_gallery(findings: Iterable[Finding], path: Path, reopen: Reopen) -> None:
    """Write the page.

    Args:
        findings: all of them; they are read once and only those shown are kept.
        path: the HTML file.
        reopen: opens the picture a finding speaks of, for its thumbnail.
    """
    counts: Counter[str] = Counter()
    problems: list[Finding] = []
    shown_verdicts = heapq.nlargest(SHOWN, _verdicts(findings, counts, problems), key=_suspicion)
    with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(_head(counts, len(shown_verdicts)))
        file.writelines(_card(verdict, reopen) for verdict in shown_verdicts)
        file.write("</ul>")
        file.writelines(_problems(problems, counts["problem"]))
        file.write("</body></html>\n")


def _verdicts(findings: Iterable[Finding], counts: Counter[str], problems: list[Finding]) -> Iterator[Verdict]:
    """Verdicts as they pass; what passes is counted and problems are put aside."""
    for finding in findings:
        if finding.verdict:
            counts[finding.verdict.label] += 1
            yield finding.verdict.named(finding.path)
        else:
            counts["problem"] += 1
            if len(problems) < PROBLEMS_SHOWN:
                problems.append(finding)


def _suspicion(verdict: Verdict) -> float:
    return -1.0 if verdict.probability_fake is None else verdict.probability_fake


def _head(counts: Counter[str], cards: int) -> str:
    numbers = " · ".join(f"{counts[label]:,} {label.replace('_', ' ')}" for label in (*Label, "problem"))
    judged = sum(counts[label] for label in Label)
    rest = f" The {cards:,} most suspicious of {judged:,} are shown." if cards < judged else ""
    boxes = "".join(
        f'<label><input type="checkbox" id="hide-{label}"> hide {label.replace("_", " ")}</label>' for label in Label
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>unmask: scan</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>Scan</h1><p>{numbers}.{rest}</p><p>Most suspicious first. A score is no proof: look, and look for other "
        f"evidence, before you act on one. unmask {__version__}.</p><fieldset>{boxes}</fieldset><ul class=grid>"
    )


def _card(verdict: Verdict, reopen: Reopen) -> str:
    probability = verdict.probability_fake
    score = "no score" if probability is None else f"{shown(probability):.1%} fake"
    name = escape(verdict.path or "")
    return (
        f'<li class="{verdict.label}"><div class=frame>{_thumbnail(verdict, reopen)}</div>'
        f"<span class=label>{_ICONS[verdict.label]} {verdict.label.replace('_', ' ').upper()}</span> {score}"
        f"<br>{len(verdict.faces)} face{'' if len(verdict.faces) == 1 else 's'}, {verdict.width}×{verdict.height}"
        f"<br>{name}</li>\n"
    )


def _thumbnail(verdict: Verdict, reopen: Reopen) -> str:
    """The picture, small, with its boxes; words where it cannot be opened any more."""
    try:
        picture = reopen(verdict.path or "")
        small = picture.rgb(SIDE / max(picture.width, picture.height)).copy()
    except UnmaskError:
        return "<em>no longer there</em>"
    small.thumbnail((SIDE, SIDE), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=75)
    data = base64.b64encode(buffer.getvalue()).decode()
    alternative = f"{verdict.label}, {escape(verdict.path or '', quote=True)}"
    image = f'<img src="data:image/jpeg;base64,{data}" width={small.width} height={small.height} alt="{alternative}">'
    return f"<div>{image}{''.join(_boxes(verdict))}</div>"


def _boxes(verdict: Verdict) -> Iterator[str]:
    for face in verdict.faces:
        x, y, w, h = face.box
        place = (100 * x / verdict.width, 100 * y / verdict.height, 100 * w / verdict.width, 100 * h / verdict.height)
        yield '<span class=box style="left:{:.1f}%;top:{:.1f}%;width:{:.1f}%;height:{:.1f}%"></span>'.format(*place)


def _problems(problems: list[Finding], total: int) -> Iterator[str]:
    if not problems:
        return
    yield f"<h2>{total:,} could not be judged</h2><ul>"
    for finding in problems:
        if finding.problem:
            yield f"<li>{escape(finding.problem.message)}</li>\n"
    yield "</ul>"
    if total > len(problems):
        yield f"<p>and {total - len(problems):,} more.</p>"

"""Check one or many pictures in the browser, with Streamlit.

pip install streamlit
streamlit run examples/streamlit_app.py
"""

from __future__ import annotations

import csv
import io
import os
import time
from typing import Any

import streamlit as st

from unmask import Detector, UnmaskError, Verdict, open_image
from unmask.headline import make_headline
from unmask.reporting import annotate

COLUMNS = ("file", "label", "probability_fake", "faces", "seconds", "problem")


@st.cache_resource(show_spinner="Loading the model …")
def detector(model: str) -> Detector:
    """The detector, loaded once for all sessions."""
    return Detector.load(model)


def show(name: str, data: bytes, model: str) -> dict[str, Any]:
    """Judge one picture, draw its result, and return its row of the table."""
    loaded, started = detector(model), time.perf_counter()
    try:
        picture = open_image(data, name=name)
        verdict = loaded.predict(picture)
    except UnmaskError as error:
        st.error(error.message)
        return {"file": name, "problem": error.message}
    seconds = time.perf_counter() - started
    headline = make_headline(verdict, loaded.card)
    st.subheader(f"{name}: {headline.title.lower()}")
    st.image(annotate(picture, verdict), width="stretch" if picture.width > 700 else "content")
    prediction, confidence, duration = st.columns(3)
    prediction.metric("Prediction", headline.title)
    confidence.metric("Confidence", "–" if verdict.confidence is None else f"{verdict.confidence:.1%}")
    duration.metric("Time", f"{seconds:.2f} s")
    st.write(f"{headline.sentence} {headline.caution}")
    return row(name, verdict, seconds)


def row(name: str, verdict: Verdict, seconds: float) -> dict[str, Any]:
    """A row of the table of results."""
    values = (name, str(verdict.label), verdict.probability_fake, len(verdict.faces), round(seconds, 3))
    return dict(zip(COLUMNS, values, strict=False))


def main() -> None:
    """The page."""
    st.set_page_config(page_title="unmask")
    st.title("unmask")
    st.caption("Detects whether a face is real or a deepfake. Pictures are judged by the computer that runs this app.")
    models = ("default", "fast", "open")
    model = st.sidebar.selectbox("Model", models, index=models.index(os.environ.get("UNMASK_MODEL", "default")))
    files = st.file_uploader("Pictures", accept_multiple_files=True)
    rows = [show(each.name, each.getvalue(), model) for each in files]
    if rows:
        table = io.StringIO()
        writer = csv.DictWriter(table, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
        st.download_button("Download as CSV", table.getvalue(), "unmask.csv", "text/csv")


main()

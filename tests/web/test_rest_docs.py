"""docs/rest-api.md is generated from the server's own description."""

from __future__ import annotations

from pathlib import Path

from tools.rest_docs import lines


def test_the_page_equals_the_description_of_the_server() -> None:
    page = Path(__file__).parents[2] / "docs" / "rest-api.md"
    assert page.read_text("utf-8") == "".join(line + "\n" for line in lines()), (
        "run: python -m tools.rest_docs > docs/rest-api.md"
    )

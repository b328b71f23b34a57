"""The server keeps what its OpenAPI description promises, whatever it is sent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.quick_model import write_quick_model
from tests.web.server_process import Server
from unmask.web import schemas

NOT_PROMISED = "positive_data_acceptance"
"""The description cannot say which bytes are a picture."""


def test_the_description_is_whole(server: Server) -> None:
    description = server.client.get("/openapi.json").json()
    assert description["openapi"].startswith("3.1")
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), f"{method} {path}"
            for status, answer in operation["responses"].items():
                kinds = set(answer.get("content", {}))
                assert int(status) < 400 or kinds == {"application/problem+json"}, f"{method} {path} {status}"


@pytest.mark.parametrize("name", ["Results", "Explanations", "Examinations", "Report", "Job", "Feedback", "Problem"])
def test_examples_are_what_the_schemas_say(server: Server, name: str) -> None:
    [example] = server.client.get("/openapi.json").json()["components"]["schemas"][name]["examples"]
    model = getattr(schemas, name)
    assert model.model_validate(example, strict=True).model_dump(exclude_unset=True) == example


@pytest.mark.slow
def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    with Server(tmp_path, "--model", str(write_quick_model(tmp_path / "quick.onnx"))) as server:
        command = [
            *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{server.url}/openapi.json"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", "5", "--seed", "1", "--no-color"),
            *("--exclude-checks", NOT_PROMISED, "--request-timeout", "120"),
        ]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-6000:]


def test_the_document_is_what_the_server_says() -> None:
    from tools.rest_docs import lines

    document = Path(__file__).parents[2] / "docs" / "rest-api.md"
    assert document.read_text("utf-8") == "".join(line + "\n" for line in lines()), (
        "run: python -m tools.rest_docs > docs/rest-api.md"
    )

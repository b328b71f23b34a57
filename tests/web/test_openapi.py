"""The OpenAPI description: complete, unchanged on the wire, and true."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.web.quick_model import write_quick_model
from tests.web.server_process import Server
from unmask.web import schemas
from unmask.web.app import create_app

SURFACE = Path(__file__).with_name("openapi_surface.json")
"""The wire surface: a change here is a change for clients."""
EXCLUDED_CHECK = "positive_data_acceptance"
"""The description cannot say which bytes are a picture."""
CONSTRAINTS = ("type", "enum", "const", "format", "pattern", "minimum", "maximum", "minLength", "maxLength", "default")

Schema = dict[str, Any]


def leaves(schema: Schema, components: dict[str, Schema], path: str = "") -> Iterator[str]:
    """Path and constraints of every value in a schema; optional properties are marked with `?`."""
    if "$ref" in schema:
        schema = components[schema["$ref"].rsplit("/", 1)[1]]
    for variant in schema.get("anyOf", ()):
        yield from leaves(variant, components, path)
    for name, value in schema.get("properties", {}).items():
        mark = "" if name in schema.get("required", ()) else "?"
        yield from leaves(value, components, f"{path}.{name}{mark}")
    for item in schema.get("prefixItems", [schema["items"]] if "items" in schema else []):
        yield from leaves(item, components, f"{path}[{schema.get('minItems', '')}..{schema.get('maxItems', '')}]")
    if not schema.keys() & {"anyOf", "properties", "items", "prefixItems"}:
        yield f"{path}: {json.dumps({name: schema[name] for name in CONSTRAINTS if name in schema})}"


def contents(described: Schema, components: dict[str, Schema]) -> dict[str, list[str]]:
    """Media types of a body, each with the values of its schema."""
    return {
        kind: sorted(set(leaves(content["schema"], components))) if "schema" in content else []
        for kind, content in described.get("content", {}).items()
    }


def surface(description: Schema) -> dict[str, Any]:
    """All that clients depend on; without titles, descriptions and names of components."""
    components = description["components"]["schemas"]
    return {
        f"{method.upper()} {path}": {
            "operationId": operation["operationId"],
            "parameters": [
                f"{parameter['in']} {parameter['name']}{'' if parameter['required'] else '?'}{leaf}"
                for parameter in operation.get("parameters", ())
                for leaf in leaves(parameter["schema"], components)
            ],
            "request": contents(operation.get("requestBody", {}), components),
            "responses": {
                status: contents(response, components) for status, response in operation["responses"].items()
            },
        }
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    }


def test_the_wire_surface_is_unchanged() -> None:
    assert surface(create_app().openapi()) == json.loads(SURFACE.read_text("utf-8"))


def test_the_description_is_complete(server: Server) -> None:
    description = server.client.get("/openapi.json").json()
    assert description["openapi"].startswith("3.1")
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), f"{method} {path}"
            for status, answer in operation["responses"].items():
                kinds = set(answer.get("content", {}))
                assert int(status) < 400 or kinds == {"application/problem+json"}, f"{method} {path} {status}"


def test_operations_can_be_tools_of_agents(server: Server) -> None:
    paths = server.client.get("/openapi.json").json()["paths"]
    operations = [operation for path in paths.values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids)) > 20
    assert [each for each in ids if not re.fullmatch(r"[a-z0-9_]{1,64}", each)] == []
    assert [each["operationId"] for each in operations if not 0 < len(each["summary"]) <= 60] == []
    assert [each["operationId"] for each in operations if not 0 < len(each["description"]) <= 500] == []
    assert "detect_v1_detect_post" in ids


@pytest.mark.parametrize(
    "name", ["Results", "Explanations", "Examinations", "PictureReport", "Job", "Feedback", "Problem"]
)
def test_examples_match_their_schemas(server: Server, name: str) -> None:
    [example] = server.client.get("/openapi.json").json()["components"]["schemas"][name]["examples"]
    adapter: TypeAdapter[Any] = TypeAdapter(getattr(schemas, name))
    parsed = adapter.validate_json(json.dumps(example), strict=True)
    assert adapter.dump_python(parsed, mode="json", exclude_unset=True) == example


@pytest.mark.slow
def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    with Server(tmp_path, "--model", str(write_quick_model(tmp_path / "quick.onnx"))) as server:
        command = [
            *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{server.url}/openapi.json"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", "5", "--seed", "1", "--no-color"),
            *("--exclude-checks", EXCLUDED_CHECK, "--request-timeout", "120"),
        ]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-6000:]

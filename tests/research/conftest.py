"""Fixtures of the training tests, for tests of research code that trains networks."""

from contextlib import suppress

with suppress(ImportError):  # torch may be missing
    from tests.training.conftest import _cache, pictures, trained  # noqa: F401

"""The history after a promotion: entries of another model, and judging them again."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.web.quick_model import variant, write_quick_model
from tests.web.server_process import Server
from unmask.model_registry import ModelRegistry

pytestmark = pytest.mark.integration


def test_entries_of_another_model_are_marked_and_judged_again(open_page: Open, tmp_path: Path, astronaut: Path) -> None:
    registry, model = ModelRegistry(tmp_path / "models"), write_quick_model(tmp_path / "quick.onnx")
    old = registry.register(model.read_bytes(), "quick", "1", parent="")
    settings = {"UNMASK_MODEL": "default", "UNMASK_MODELS": str(registry.folder)}
    with Server(tmp_path, "--keep-images", **settings) as server:
        server.detect(("me.jpg", astronaut.read_bytes()), params={"stability": False})
        page = open_page("#/history", url=server.url)
        expect(page.locator("#history tbody tr")).to_have_count(1)
        assert page.get_by_role("button", name="with the model in use").count() == 0
        registry.register(variant(model, "2"), "quick", "2", parent=old.sha256)
        server.client.post("/v1/models/reload")
        page.get_by_role("link", name="Judge").click()
        page.get_by_role("link", name="History").click()
        expect(page.locator("#history tbody")).to_contain_text("Judged by another model")
        page.get_by_role("button", name="Judge me.jpg again with the model in use").click()
        expect(page.locator("#history tbody tr")).to_have_count(2)
        assert page.get_by_role("button", name="with the model in use").count() == 0
        newest, before = server.client.get("/v1/history").json()["items"]
    assert (newest["model"]["version"], before["model"]["sha256"]) == ("2", old.sha256)

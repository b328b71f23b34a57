"""`unmask export-site`: the written files, and errors before anything is written."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from pathlib import Path

import pytest

from tests.conftest import Run
from unmask.errors import SiteError
from unmask.site import web_runtime
from unmask.site.export_site import POLICY, export_site, site_files
from unmask.site.site_models import SiteModel
from unmask.site.web_runtime import FILES, GPU_FILES, read_web_runtime

EMPTY_RUNTIME = dict.fromkeys((*FILES, *GPU_FILES), b"")
IMPORT = re.compile(r"""(?:from|import) "(\.[^"]+)\"""")


@pytest.fixture(scope="module")
def content() -> dict[str, bytes]:
    """The files of a site without ONNX Runtime Web."""
    return site_files([SiteModel.read("fast")], EMPTY_RUNTIME)


def test_every_script_has_what_it_imports(content: dict[str, bytes]) -> None:
    for name in (name for name in content if name.endswith(".js")):
        for target in IMPORT.findall(content[name].decode()):
            assert posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) in content, (name, target)


def test_the_page_allows_its_own_files_only(content: dict[str, bytes]) -> None:
    html = content["index.html"].decode()
    assert f'http-equiv="Content-Security-Policy" content="{POLICY}"' in html
    assert "unmask-api" not in html
    assert "<style" not in html
    assert not re.search(r"<script(?![^>]*src=)", html)
    assert "https:" not in POLICY
    assert POLICY in content["_headers"].decode()


def test_the_description_names_the_models(content: dict[str, bytes]) -> None:
    described = json.loads(content["site.json"])
    (model,) = described["models"]
    assert model["model"] == "fast"
    for entry in (model, described["faces"]):
        assert hashlib.sha256(content[entry["file"]]).hexdigest() == entry["sha256"]


def test_the_service_worker_keeps_what_the_first_visit_needs(content: dict[str, bytes]) -> None:
    worker = content["sw.js"].decode()
    kept = re.search(r'FILES = "([^"]+)"', worker)
    assert kept
    names = set(kept.group(1).split()) - {"./"}
    assert names <= set(content)
    assert {"index.html", "site.json", "models/fast.onnx", "models/faces.onnx", "engine/worker.js"} <= names
    changed = site_files([SiteModel.read("fast")], {**EMPTY_RUNTIME, FILES[0]: b"changed"})
    assert changed["sw.js"] != content["sw.js"]


def test_only_models_that_are_not_quantized_bring_the_runtime_of_the_graphics_card(content: dict[str, bytes]) -> None:
    def names(kept: dict[str, bytes]) -> set[str]:
        return {name for name in GPU_FILES if f"runtime/{name}" in kept}

    both = site_files([SiteModel.read("fast"), SiteModel.read("default")], EMPTY_RUNTIME)
    assert names(content) == set()
    assert names(both) == set(GPU_FILES)
    assert [model["webgpu"] for model in json.loads(both["site.json"])["models"]] == [False, True]
    assert "webgpu" not in both["sw.js"].decode()


def test_texts_of_the_site_replace_those_of_the_server(content: dict[str, bytes]) -> None:
    for language in ("en", "de"):
        texts = json.loads(content[f"static/strings/{language}.json"])
        assert "site.history" in texts
        assert "help.title" in texts
        assert "{kept}" not in texts["foot"]


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(SiteError, match="holds files that are not a site"):
        export_site(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_two_models_of_one_name_are_refused() -> None:
    model = SiteModel.read("fast")
    with pytest.raises(SiteError, match="same name"):
        site_files([model, model], EMPTY_RUNTIME)


def test_another_archive_is_refused(run_cli: Run, tmp_path: Path) -> None:
    archive = tmp_path / "package.tgz"
    archive.write_bytes(b"something else")
    done = run_cli("export-site", tmp_path / "out", "--runtime", archive)
    assert done.returncode == 1
    assert done.stderr.startswith(f"unmask: {archive}: is not onnxruntime-web@")
    assert "npm pack" in done.stderr
    assert not (tmp_path / "out").exists()


def test_without_npm_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_CACHE", str(tmp_path))
    monkeypatch.setattr(web_runtime.shutil, "which", lambda _: None)
    with pytest.raises(SiteError, match=r"npm is not installed; on a machine with npm .* --runtime FILE"):
        read_web_runtime()

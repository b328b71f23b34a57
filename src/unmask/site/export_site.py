"""Writes the static site: the page of the web app with the detector inside the browser."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from unmask._files import write_atomic
from unmask._version import __version__
from unmask.errors import SiteError
from unmask.site.site_models import SiteModel
from unmask.site.web_runtime import FILES as RUNTIME_FILES
from unmask.site.web_runtime import GPU_FILES, read_web_runtime
from unmask.site.web_runtime import LICENSE as RUNTIME_LICENSE
from unmask.web.pages import INDEX, render
from unmask.zoo import FACE_CHECK, FACES

ENTRIES = ("static/js/app.js", "static/js/start.js")
"""The scripts that start the page: the shared one, and that of the site."""
SCRIPT = '<script type="module" src="{}"></script>'
_IMPORT = re.compile(r"""^(?:import|export)\b[^;]*?["'](\.{1,2}/[^"']+)["']""", re.MULTILINE)
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
"""The content security policy of the page: only its own origin, and no script that is not a file."""
HEADERS = f"""/*
  Content-Security-Policy: {POLICY}; frame-ancestors 'none'
  Cross-Origin-Opener-Policy: same-origin
  Cross-Origin-Embedder-Policy: require-corp
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer
  Permissions-Policy: camera=(self), display-capture=(self), microphone=(), geolocation=()
"""
"""Response headers in the format of several static hosts (`_headers`)."""
META_API = '<meta name="unmask-api" content="">'
NOSCRIPT = "The REST API (v1/detect) works without it."
MARK = "site.json"
"""A folder with this file is a site that may be overwritten."""


@dataclass(frozen=True, slots=True)
class ExportedSite:
    """A written site.

    Attributes:
        folder: where it is.
        files, bytes: number and total size of its files.
        first_visit: bytes that the first visit loads, before compression by the host.
    """

    folder: Path
    files: int
    bytes: int
    first_visit: int


def export_site(folder: Path, models: Sequence[str] = ("fast", "default"), runtime: Path | None = None) -> ExportedSite:
    """Write the site into a folder; an existing site there is replaced.

    Args:
        folder: the target; it must not exist, be empty, or hold a site.
        models: names or files of models; the first one is used until a visitor chooses another.
        runtime: ONNX Runtime Web as a `.tgz` file; None takes it from the cache or from npm.

    Raises:
        SiteError: the folder holds other files, the runtime cannot be had, or two models have one name.
        UnknownModel, BadModelFile: a model does not exist or is no unmask model.
    """
    _check_target(folder)
    content = site_files([SiteModel.read(name) for name in models], read_web_runtime(runtime))
    if folder.is_dir():
        for name in content:
            if (top := folder / name.split("/")[0]).is_dir():
                shutil.rmtree(top)
    for name, data in content.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(target, data)
    first = sum(len(content[name]) for name in _first_visit(content))
    return ExportedSite(folder, len(content), sum(map(len, content.values())), first)


def site_files(models: Sequence[SiteModel], runtime: dict[str, bytes]) -> dict[str, bytes]:
    """The files of the site: content by path.

    Raises:
        SiteError: two models have one name.
    """
    if len({model.name for model in models}) < len(models):
        raise SiteError("two models have the same name; give each model once")
    package = files("unmask")
    content = _page_files(read_tree(package / "web" / "static"), read_tree(package / "site" / "page"))
    content |= engine_files(models, runtime)
    if any(model.runs_on_gpu for model in models):
        content |= {f"runtime/{name}": runtime[name] for name in GPU_FILES}
    examples = {name: data for name, data in read_tree(package / "samples").items() if name.endswith(".jpg")}
    content |= {f"examples/{name}": data for name, data in examples.items()}
    content["site.json"] = describe_site(models, sorted(examples))
    content["_headers"] = HEADERS.encode()
    content["sw.js"] = _service_worker((package / "site" / "page" / "sw.js").read_text("utf-8"), content)
    return content


def engine_files(models: Sequence[SiteModel], runtime: dict[str, bytes]) -> dict[str, bytes]:
    """The files that judge pictures in a browser: scripts, runtime and models; content by path."""
    content = {f"engine/{name}": data for name, data in read_tree(files("unmask") / "site" / "engine").items()}
    content |= {f"runtime/{name}": runtime[name] for name in RUNTIME_FILES}
    content |= {model.file: model.data for model in models}
    content |= {f"models/{model.filename}": model.read() for model in (FACES, FACE_CHECK)}
    return content | {"runtime/LICENSE": RUNTIME_LICENSE.encode()}


def _check_target(folder: Path) -> None:
    """Refuse a folder with files that are not a site."""
    if folder.exists() and not folder.is_dir():
        raise SiteError(f"{folder}: is a file; name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise SiteError(f"{folder}: holds files that are not a site; name a new or an empty folder")


def read_tree(folder: Traversable, prefix: str = "") -> dict[str, bytes]:
    """The files below a folder of the package: content by path."""
    content: dict[str, bytes] = {}
    for entry in folder.iterdir():
        if entry.is_dir():
            content |= read_tree(entry, f"{prefix}{entry.name}/")
        elif not entry.name.startswith(".") and not entry.name.endswith(".py"):
            content[prefix + entry.name] = entry.read_bytes()
    return content


def _page_files(shared: dict[str, bytes], own: dict[str, bytes]) -> dict[str, bytes]:
    """The page: what the web app's page uses, with the site's scripts and texts in place of those of the same name.

    Args:
        shared: the static files of the web app.
        own: the files of the site's own page.
    """
    html = render(INDEX)
    content = reachable(ENTRIES, _scripts(shared, own)) | _texts(shared, own)
    for name, data in shared.items():
        if f"static/{name}" in html or name.startswith("img/"):
            content.setdefault(f"static/{name}", data)
    return content | {"index.html": _page(html).encode()}


def shared_files(entry: str, scripts: dict[str, bytes], styles: Sequence[str]) -> dict[str, bytes]:
    """The scripts, texts and styles of the page that another page needs: content by path.

    Args:
        entry: path of the script that starts the other page.
        scripts: all scripts of the other page.
        styles: names of style sheets.
    """
    package = files("unmask")
    shared, own = read_tree(package / "web" / "static"), read_tree(package / "site" / "page")
    found = reachable([entry], _scripts(shared, own) | scripts)
    content = {name: data for name, data in found.items() if name not in scripts} | _texts(shared, own)
    return content | {f"static/css/{name}": shared[f"css/{name}"] for name in styles}


def _scripts(shared: dict[str, bytes], own: dict[str, bytes]) -> dict[str, bytes]:
    """All scripts of the page, those of the site in place of those of the same name."""
    scripts = {f"static/{name}": data for name, data in shared.items() if name.startswith("js/")}
    return scripts | {f"static/js/{name}": data for name, data in own.items() if name.endswith(".js")}


def _texts(shared: dict[str, bytes], own: dict[str, bytes]) -> dict[str, bytes]:
    """The texts of each language, those of the site in place of those of the same key."""
    texts = {f"static/{name}": data for name, data in shared.items() if name.startswith("translations/")}
    for name in (name for name in shared if name.startswith("strings/")):
        merged = json.loads(shared[name]) | json.loads(own.get(name, own["strings/en.json"]))
        texts[f"static/{name}"] = json.dumps(merged, ensure_ascii=False).encode()
    return texts


def reachable(entries: Sequence[str], scripts: dict[str, bytes]) -> dict[str, bytes]:
    """The scripts that `entries` import, directly or through others, and themselves; those of the engine are left out.

    Raises:
        SiteError: a script imports one that does not exist; the installation is damaged.
    """
    found, waiting = set(entries), list(entries)
    while waiting:
        name = waiting.pop()
        for target in _IMPORT.findall(scripts[name].decode()):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
            if path.startswith("engine/") or path in found:
                continue
            if path not in scripts:
                raise SiteError(f"{name} imports {target}, which is missing; reinstall unmask")
            found.add(path)
            waiting.append(path)
    return {name: scripts[name] for name in sorted(found)}


def _page(html: str) -> str:
    """The page of the web app with the content security policy of the site.

    Raises:
        SiteError: the page lacks a mark; the installation is damaged.
    """
    shared, own = map(SCRIPT.format, ENTRIES)
    for mark in (META_API, NOSCRIPT, shared):
        if mark not in html:
            raise SiteError(f"the page of the web app has no {mark!r}; reinstall unmask")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    return html.replace(META_API, policy).replace(f" {NOSCRIPT}", "").replace(shared, f"{shared}\n{own}")


def describe_site(models: Sequence[SiteModel], examples: Sequence[str]) -> bytes:
    """`site.json`: what the page must know before it loads a model."""
    described = {
        "version": __version__,
        "models": [model.describe() for model in models],
        "faces": {"file": f"models/{FACES.filename}", "sha256": FACES.sha256},
        "check": {"file": f"models/{FACE_CHECK.filename}", "sha256": FACE_CHECK.sha256},
        "examples": list(examples),
    }
    return json.dumps(described, ensure_ascii=False).encode()


def _first_visit(content: dict[str, bytes]) -> list[str]:
    """The files that are kept from the first visit on: all but the models and engines that visitors choose."""
    first = json.loads(content["site.json"])["models"][0]["file"]
    kept = (first, f"models/{FACES.filename}", f"models/{FACE_CHECK.filename}")
    left_out = {"sw.js", "_headers", "runtime/LICENSE", *(f"runtime/{name}" for name in GPU_FILES)}
    return sorted(name for name in content if name not in left_out and (not name.startswith("models/") or name in kept))


def _service_worker(template: str, content: dict[str, bytes]) -> bytes:
    """The service worker with the files to keep, and a version that changes with any of them."""
    names = _first_visit(content)
    digest = hashlib.sha256()
    for name in sorted(content):
        digest.update(f"{name} {hashlib.sha256(content[name]).hexdigest()}\n".encode())
    script = template.replace("@VERSION@", digest.hexdigest()[:16]).replace("@FILES@", " ".join(["./", *names]))
    return script.encode()

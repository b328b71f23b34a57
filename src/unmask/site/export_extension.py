"""Writes the browser extension: packages for Chromium and Firefox, and a folder to load into Chromium."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from unmask._files import write_atomic
from unmask._version import __version__
from unmask.errors import SiteError
from unmask.site.export_site import describe_site, engine_files, read_tree, shared_files
from unmask.site.site_models import SiteModel
from unmask.site.web_runtime import read_web_runtime

BACKGROUND, PANEL = "extension/background.js", "extension/panel.js"
STYLES = ("tokens.css", "page.css", "card.css")
ICONS = {"192": "static/img/icon-192.png", "512": "static/img/icon-512.png"}
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self' http: https: data:",
    )
)
"""The content security policy of the panel, which connects to hosts of chosen pictures and to the user's own server."""
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""Time of the files in a package, so that the same content gives the same package."""


@dataclass(frozen=True, slots=True)
class ExportedExtension:
    """A written extension.

    Attributes:
        unpacked: folder that Chromium loads with "Load unpacked".
        packages: the packages for Chromium and Firefox.
    """

    unpacked: Path
    packages: tuple[Path, Path]


def export_extension(folder: Path, model: str = "fast", runtime: Path | None = None) -> ExportedExtension:
    """Write the extension into a folder; an earlier one is replaced.

    Args:
        folder: the target.
        model: name or file of the model inside the extension.
        runtime: ONNX Runtime Web as a `.tgz` file; None takes it from the cache or from npm.

    Raises:
        SiteError: the target is a file, or the runtime cannot be had.
        UnknownModel, BadModelFile: the model does not exist or is no unmask model.
    """
    if folder.exists() and not folder.is_dir():
        raise SiteError(f"{folder}: is a file; name a folder")
    unpacked = folder / "unmask-chromium"
    if unpacked.exists() and not (unpacked / "manifest.json").is_file():
        raise SiteError(f"{unpacked}: is not an extension; name another folder")
    content = extension_files(SiteModel.read(model), read_web_runtime(runtime))
    chromium, firefox = (content | {"manifest.json": _json(manifest(target))} for target in ("chromium", "firefox"))
    shutil.rmtree(unpacked, ignore_errors=True)
    for name, data in chromium.items():
        target = unpacked / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    packages = folder / "unmask-chromium.zip", folder / "unmask-firefox.zip"
    for package, files_ in zip(packages, (chromium, firefox), strict=True):
        write_atomic(package, _package(files_))
    return ExportedExtension(unpacked, packages)


def extension_files(model: SiteModel, runtime: dict[str, bytes]) -> dict[str, bytes]:
    """The files of the extension without its manifest: content by path."""
    own = read_tree(files("unmask") / "site" / "extension")
    content = {name if name.startswith("_locales/") else f"extension/{name}": data for name, data in own.items()}
    scripts = {name: data for name, data in content.items() if name.endswith(".js")}
    content |= shared_files(PANEL, scripts, STYLES)
    content |= {icon: (files("unmask") / "web" / icon).read_bytes() for icon in ICONS.values()}
    content |= engine_files([model], runtime)
    return content | {"site.json": describe_site([model], examples=())}


def manifest(target: str) -> dict[str, Any]:
    """The manifest (version 3) for `chromium` or `firefox`.

    Access to hosts is optional: the user allows a host when one of its pictures cannot be read otherwise.
    """
    found = re.match(r"\d+(?:\.\d+){0,3}", __version__)
    permissions = ["activeTab", "contextMenus", "scripting", "storage"]
    common = {
        "manifest_version": 3,
        "name": "__MSG_name__",
        "description": "__MSG_description__",
        "version": found.group() if found else "0",
        "default_locale": "en",
        "icons": ICONS,
        "action": {"default_title": "__MSG_name__"},
        "permissions": permissions,
        "optional_host_permissions": ["*://*/*"],
        "content_security_policy": {"extension_pages": POLICY},
    }
    if target == "firefox":
        return common | {
            "background": {"scripts": [BACKGROUND]},
            "sidebar_action": {"default_panel": "extension/panel.html", "open_at_install": False},
            "browser_specific_settings": {
                "gecko": {"id": "unmask@unmask.example", "strict_min_version": "128.0"},
            },
        }
    return common | {
        "permissions": [*permissions, "sidePanel"],
        "background": {"service_worker": BACKGROUND},
        "side_panel": {"default_path": "extension/panel.html"},
        "minimum_chrome_version": "116",
    }


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode()


def _package(content: dict[str, bytes]) -> bytes:
    """The files as a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(content):
            archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), content[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()

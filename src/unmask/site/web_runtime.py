"""ONNX Runtime Web: the pinned npm package whose files run models in a browser.

The files are not part of unmask (14 MB, with WebGPU 41 MB). They are taken from the package once, checked against its
digest, and cached.
"""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from unmask._files import atomic_path
from unmask._paths import user_cache_dir
from unmask.errors import SiteError

VERSION = "1.30.0"
"""Version of the npm package."""
PACKAGE = f"onnxruntime-web@{VERSION}"
INTEGRITY = "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
"""SHA-512 of the package's archive in base64, as npm lists it."""
FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
"""The files of the package that a page loads."""
GPU_FILES = ("ort.webgpu.min.mjs", "ort-wasm-simd-threaded.asyncify.mjs", "ort-wasm-simd-threaded.asyncify.wasm")
"""Further files that a page loads when the visitor chooses the graphics card (WebGPU)."""
LICENSE = f"""ONNX Runtime Web {VERSION} (https://onnxruntime.ai)

The MIT License (MIT)

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
"""License of the package, which its archive does not contain."""
TIMEOUT = 300.0
"""Seconds after which a download is given up."""


def read_web_runtime(archive: Path | None = None) -> dict[str, bytes]:
    """The content of `FILES` and `GPU_FILES` by name, from the cache, from an archive, or from npm.

    Args:
        archive: the package as a `.tgz` file; None downloads it with `npm` where the cache does not have it.

    Raises:
        SiteError: the package cannot be had, or differs from the pinned one; the message states what to do.
    """
    cache = user_cache_dir() / f"onnxruntime-web-{VERSION}.tgz"
    if archive is None and cache.is_file():
        data = cache.read_bytes()
        if _matches(data):
            return _members(data)
    data = _download() if archive is None else _read(archive)
    if not _matches(data):
        raise SiteError(f"{archive or PACKAGE}: is not {PACKAGE} (SHA-512 differs); get it with: npm pack {PACKAGE}")
    cache.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(cache, shared=True) as temporary:
        temporary.write_bytes(data)
    return _members(data)


def _matches(data: bytes) -> bool:
    """Whether the bytes are the pinned archive."""
    return base64.b64encode(hashlib.sha512(data).digest()).decode() == INTEGRITY


def _read(archive: Path) -> bytes:
    try:
        return archive.read_bytes()
    except OSError as error:
        raise SiteError(f"{archive}: cannot be read ({error.strerror}); get it with: npm pack {PACKAGE}") from error


def _download() -> bytes:
    """The archive from npm, which uses the registry and the proxy that are configured for it."""
    npm = shutil.which("npm")
    remedy = f"on a machine with npm and a network run `npm pack {PACKAGE}`, then pass the file with --runtime FILE"
    if npm is None:
        raise SiteError(f"{PACKAGE} is needed once and npm is not installed; {remedy}")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", PACKAGE, "--silent", "--pack-destination", folder]
        try:
            done = subprocess.run(  # noqa: S603  a fixed command
                command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SiteError(f"{PACKAGE} cannot be downloaded ({error}); {remedy}") from error
        found = sorted(Path(folder).glob("*.tgz"))
        if done.returncode or not found:
            reason = (done.stderr.strip().splitlines() or ["npm failed"])[0]
            raise SiteError(f"{PACKAGE} cannot be downloaded ({reason}); {remedy}")
        return found[0].read_bytes()


def _members(data: bytes) -> dict[str, bytes]:
    """The needed files of the archive."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as package:
        files = {name: package.extractfile(f"package/dist/{name}") for name in (*FILES, *GPU_FILES)}
        return {name: file.read() for name, file in files.items() if file is not None}

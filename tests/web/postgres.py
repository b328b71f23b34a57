"""A real PostgreSQL server for the tests, started from the installed package."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.web.server_process import free_port

FOLDERS = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin")


def find(program: str) -> str | None:
    """Path of a server program, which Debian does not put on the PATH; None if it is not installed."""
    folders = [str(path) for folder in FOLDERS for path in sorted(Path("/").glob(folder[1:]), reverse=True)]
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), *folders]))


class Postgres:
    """A temporary database cluster on loopback. Runs as the user `postgres` if the tests run as root."""

    def __init__(self) -> None:
        self.folder = folder = Path(tempfile.mkdtemp(prefix="unmask-postgres-"))
        self.port = free_port()
        self._user = "postgres" if os.name == "posix" and os.getuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", str(folder / "data"), "-U", "unmask", "-A", "trust", "--no-sync", "-E", "UTF8")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        self._run("pg_ctl", "-D", str(folder / "data"), "-l", str(folder / "log"), "-w", "-o", options, "start")

    def _run(self, program: str, *arguments: str) -> None:
        found = find(program)
        assert found is not None
        options: dict[str, Any] = {
            "user": self._user,
            "cwd": "/",
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.PIPE,
            "timeout": 120,
        }
        done = subprocess.run([found, *arguments], **options)
        assert done.returncode == 0, (program, done.stderr)

    def url(self, database: str) -> str:
        """The URL of a new, empty database."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "unmask", database)
        return f"postgresql://unmask@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

"""Private files of the server."""

from __future__ import annotations

from tests.web.server_process import Server


def test_only_hashes_and_verdicts_are_stored(server: Server, photo: bytes) -> None:
    server.detect(("me.jpg", photo))
    kept = [path for path in server.data.rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        assert photo[:64] not in path.read_bytes(), path
        assert path.stat().st_mode & 0o077 == 0 or path.suffix.endswith(("-wal", "-shm")), path

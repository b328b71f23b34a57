from __future__ import annotations

from pathlib import Path

import pytest

from unmask._files import atomic_path, locked, write_atomic


def test_an_atomic_write_replaces_the_file_and_leaves_no_other(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    write_atomic(target, b"new")
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("options", [{}, {"sync": True}, {"shared": True}])
def test_an_error_while_writing_keeps_the_old_file(tmp_path: Path, options: dict[str, bool]) -> None:
    target = tmp_path / ("n" * 200 + ".bin")
    target.write_bytes(b"old")

    def fail() -> None:
        with atomic_path(target, **options) as temporary:
            temporary.write_bytes(b"half")
            raise ValueError("half")

    with pytest.raises(ValueError, match="half"):
        fail()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_lock_excludes_other_holders_until_it_is_released(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("a") as first, path.open("a") as second:
        with locked(first), pytest.raises(BlockingIOError), locked(second, wait=False):
            pass
        with locked(second, wait=False):
            pass

from __future__ import annotations

from pathlib import Path

import pytest

from unmask._paths import user_cache_dir, user_config_dir, user_data_dir

FOLDERS = (user_cache_dir, user_data_dir, user_config_dir)
NAMES = ("UNMASK_CACHE", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("linux", (".cache/unmask", ".local/share/unmask", ".config/unmask")),
        (
            "darwin",
            ("Library/Caches/unmask", *2 * ("Library/Application Support/unmask",)),
        ),
        ("win32", 3 * ("AppData/Local/unmask",)),
    ],
)
def test_folders_of_each_system(
    monkeypatch: pytest.MonkeyPatch, home: Path, platform: str, expected: tuple[str, ...]
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    assert [folder() for folder in FOLDERS] == [home / each for each in expected]


def test_variables_of_the_xdg_specification_name_other_folders(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, f"/{name}")
    expected = ["/XDG_CACHE_HOME/unmask", "/XDG_DATA_HOME/unmask", "/XDG_CONFIG_HOME/unmask"]
    assert [str(folder()) for folder in FOLDERS] == expected
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert user_cache_dir() == home / ".cache" / "unmask"


def test_unmask_cache_names_the_cache_folder_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_CACHE", "/some/where")
    assert user_cache_dir() == Path("/some/where")

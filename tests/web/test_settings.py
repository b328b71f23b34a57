"""Sources of settings, and invalid settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.web.server_process import environment
from unmask.errors import UsageError
from unmask.web import app
from unmask.web.settings import Settings, resolve, table


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text)
    return path


def test_flag_overrides_environment_overrides_file_overrides_default(tmp_path: Path) -> None:
    config = written(tmp_path, "[serve]\nport = 1\nqueue = 2\nworkers = 3\n")
    found = resolve({"port": 10, "queue": None}, {"UNMASK_PORT": "5", "UNMASK_QUEUE": "6"}, config)
    assert (found.port, found.queue, found.workers, found.host) == (10, 6, 3, "127.0.0.1")


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert resolve({}, {}, written(tmp_path, "\ufeff[serve]\nport = 1\n")).port == 1


def test_the_environment_can_name_the_file(tmp_path: Path) -> None:
    config = written(tmp_path, "[serve]\ncors_origins = ['https://a.example', 'https://b.example']\n")
    assert resolve({}, {"UNMASK_CONFIG": str(config)}).cors_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"UNMASK_PORT": "abc"}, "whole number"),
        ({"UNMASK_PORT": "70000"}, "above the maximum of 65535"),
        ({"UNMASK_QUEUE": "0"}, "below the minimum of 1"),
        ({"UNMASK_KEEP_IMAGES": "perhaps"}, "yes or no"),
        ({"UNMASK_REQUIRE_KEY": "maybe"}, "require_key"),
        ({"UNMASK_TLS_CERT": "a.pem"}, "tls_key"),
        ({"UNMASK_CONFIG": "/nowhere.toml"}, "no such settings file"),
    ],
)
def test_an_invalid_value_is_a_usage_error(environ: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        resolve({}, environ)


@pytest.mark.parametrize(("text", "words"), [("[serve]\nprot = 1\n", "prot"), ("[serve\n", "cannot be read")])
def test_an_invalid_file_is_a_usage_error(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        resolve({}, {}, written(tmp_path, text))


@pytest.mark.parametrize(
    ("host", "needed"),
    [("127.0.0.1", False), ("::1", False), ("localhost", False), ("0.0.0.0", True), ("10.0.0.7", True)],
)
def test_keys_are_needed_beyond_loopback(host: str, needed: bool) -> None:
    assert resolve({"host": host}, {}).keys_required is needed
    assert resolve({"host": host, "require_key": "no"}, {}).keys_required is False


def test_all_processes_of_a_start_get_its_settings_and_run_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "create_app", lambda settings, run_id: (settings, run_id))
    monkeypatch.setenv(
        app.SETTINGS_VARIABLE, app.to_environment(Settings(queue=7, cors_origins=("https://a.example",)))
    )
    first, second = app.from_environment(), app.from_environment()
    assert first == second
    assert first[0] == Settings(queue=7, cors_origins=("https://a.example",))  # type: ignore[index]
    monkeypatch.setenv(app.SETTINGS_VARIABLE, app.to_environment(Settings(queue=7)))
    assert app.from_environment()[1] != first[1]  # type: ignore[index]


@pytest.fixture
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment without the user's own settings."""
    for name, value in environment(tmp_path, COLUMNS="200").items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.usefixtures("own_environment")
def test_every_setting_is_a_flag_that_the_help_shows(run_cli: Run) -> None:
    shown = run_cli("serve", "--help").stdout
    assert [row.name for row in table() if row.flag not in shown or row.variable not in shown] == []


def test_the_command_prints_the_settings_in_effect(run_cli: Run, own_environment: pytest.MonkeyPatch) -> None:
    own_environment.setenv("UNMASK_QUEUE", "7")
    shown = json.loads(run_cli("serve", "--show-settings", "--port", "9").stdout)
    assert (shown["port"], shown["queue"]) == (9, 7)


def test_an_invalid_setting_ends_the_command_with_one_line(run_cli: Run, own_environment: pytest.MonkeyPatch) -> None:
    own_environment.setenv("UNMASK_PORT", "abc")
    result = run_cli("serve")
    assert result.returncode == 2
    assert result.stderr == "unmask: UNMASK_PORT: 'abc' is not a whole number\n"

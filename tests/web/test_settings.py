"""Where settings come from, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.web.server_process import environment
from unmask.errors import UsageError
from unmask.web import app
from unmask.web.settings import Settings, resolve, table


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text)
    return path


def test_a_flag_beats_the_environment_beats_the_file_beats_the_default(tmp_path: Path) -> None:
    config = written(tmp_path, "[serve]\nport = 1\nqueue = 2\nworkers = 3\n")
    found = resolve({"port": 10, "queue": None}, {"UNMASK_PORT": "5", "UNMASK_QUEUE": "6"}, config)
    assert (found.port, found.queue, found.workers, found.host) == (10, 6, 3, "127.0.0.1")


def test_the_environment_may_name_the_file(tmp_path: Path) -> None:
    config = written(tmp_path, "[serve]\ncors_origins = ['https://a.example', 'https://b.example']\n")
    assert resolve({}, {"UNMASK_CONFIG": str(config)}).cors_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"UNMASK_PORT": "abc"}, "whole number"),
        ({"UNMASK_PORT": "70000"}, "more than"),
        ({"UNMASK_QUEUE": "0"}, "less than"),
        ({"UNMASK_KEEP_IMAGES": "perhaps"}, "yes or no"),
        ({"UNMASK_REQUIRE_KEY": "maybe"}, "require_key"),
        ({"UNMASK_TLS_CERT": "a.pem"}, "tls_key"),
        ({"UNMASK_CONFIG": "/nowhere.toml"}, "no such settings file"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(environ: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        resolve({}, environ)


@pytest.mark.parametrize(("text", "words"), [("[serve]\nprot = 1\n", "prot"), ("[serve\n", "cannot be read")])
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        resolve({}, {}, written(tmp_path, text))


@pytest.mark.parametrize(
    ("host", "needed"),
    [("127.0.0.1", False), ("::1", False), ("localhost", False), ("0.0.0.0", True), ("10.0.0.7", True)],
)
def test_keys_are_needed_beyond_loopback(host: str, needed: bool) -> None:
    assert resolve({"host": host}, {}).keys_required is needed
    assert resolve({"host": host, "require_key": "no"}, {}).keys_required is False


def test_all_processes_of_a_start_get_its_settings_and_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "create_app", lambda settings, run: (settings, run))
    monkeypatch.setenv(app.HANDOVER, app.hand_over(Settings(queue=7, cors_origins=("https://a.example",))))
    first, second = app.from_environment(), app.from_environment()
    assert first == second
    assert first[0] == Settings(queue=7, cors_origins=("https://a.example",))  # type: ignore[index]
    monkeypatch.setenv(app.HANDOVER, app.hand_over(Settings(queue=7)))
    assert app.from_environment()[1] != first[1]  # type: ignore[index]


def test_every_setting_is_a_flag_that_the_help_shows(unmask, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    shown = unmask("serve", "--help", env=environment(tmp_path, COLUMNS="200")).stdout
    assert [row.name for row in table() if row.flag not in shown or row.variable not in shown] == []


def test_the_command_prints_what_is_in_effect(unmask, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    result = unmask("serve", "--show-settings", "--port", "9", env=environment(tmp_path, UNMASK_QUEUE="7"))
    shown = json.loads(result.stdout)
    assert (shown["port"], shown["queue"]) == (9, 7)


def test_a_bad_setting_ends_the_command_in_one_line(unmask, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    result = unmask("serve", env=environment(tmp_path, UNMASK_PORT="abc"))
    assert result.returncode == 2
    assert result.stderr == "unmask: UNMASK_PORT: 'abc' is no whole number\n"

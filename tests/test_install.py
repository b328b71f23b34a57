"""The commands that install unmask are the same in messages and in the documentation."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from unmask import _version, doctor
from unmask._version import INSTALL_SOURCE, install_command
from unmask.errors import MissingExtra

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.ipynb")]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]


def test_documented_commands_install_from_the_same_source_as_messages() -> None:
    found = 0
    for page in PAGES:
        for source, extras in re.findall(r"pip install (?:-e )?'([^'\[]*)\[([^\]]+)\]'", page.read_text("utf-8")):
            found += 1
            allowed = {INSTALL_SOURCE, "."} if extras == "dev" else {INSTALL_SOURCE}
            assert source in allowed, f"{page.name}: {source}[{extras}]"
            assert set(extras.split(",")) <= set(EXTRAS), f"{page.name}: {extras}"
    assert found >= 8


def test_no_page_installs_from_an_index_that_lacks_the_package() -> None:
    pattern = re.compile(r"pip install (?:-\S+ )*'?unmask\b")
    published = INSTALL_SOURCE == "unmask"
    assert [page.name for page in PAGES if pattern.search(page.read_text("utf-8")) and not published] == []


def test_messages_have_the_command_of_the_checkout_or_of_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MissingExtra("the web app", "web").message.endswith(f": {install_command('web')}")
    assert install_command("web") == "pip install '.[web]' in the checkout of unmask"
    monkeypatch.setattr(_version, "INSTALL_SOURCE", "unmask")
    assert install_command("web") == "pip install 'unmask[web]'"


def test_every_extra_that_doctor_names_exists() -> None:
    assert set(doctor.EXTRAS) <= set(EXTRAS)
    missing = [check.advice for check in doctor.optional_checks() if check.ok is None]
    assert all("pip install '" in advice for advice in missing)

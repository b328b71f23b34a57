# The verbs of this house; CI and a laptop call the same ones.
VENV ?= .venv
PYTHON ?= python3

.PHONY: install lint types test check format clean

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet -e '.[dev]'
	touch $@

install: $(VENV)/installed          ## make a virtual environment with everything the tests need

lint: install                       ## style and common mistakes
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: install                      ## strict type check
	$(VENV)/bin/mypy

test: install                       ## all tests
	$(VENV)/bin/python -m pytest

check: lint types test              ## what CI runs

format: install                     ## rewrite the source in the house's style
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache

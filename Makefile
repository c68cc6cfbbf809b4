# Everything a newcomer types. `make help` lists it.
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
# The first Python in the supported range; `make demo PYTHON=/path/to/python` overrides it.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& { echo $$p; break; }; done)
export TF_CPP_MIN_LOG_LEVEL ?= 2

.DEFAULT_GOAL := help
.PHONY: help install demo test bench lint format docs clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(PY):
	@test -n "$(PYTHON)" || { echo "sklearn_textnn needs Python 3.11, 3.12 or 3.13; found none on PATH. Try: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --upgrade pip

$(VENV)/.installed: pyproject.toml | $(PY)
	$(PY) -m pip install --quiet --editable '.[plot]'
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(PY)
	$(PY) -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.installed

install: $(VENV)/.installed ## make .venv and install the package

demo: install ## compare baselines and networks by nested cross-validation (DATA="--data sentiment" for UCI)
	$(PY) examples/compare_models.py --n-jobs 2 $(DATA)

test: $(VENV)/.installed-dev ## run the whole test suite (ARGS="-k tokenizer" to choose)
	$(PY) -m pytest -n 2 --dist worksteal $(ARGS)

bench: install ## measure against SciKeras and Keras (ARGS="--quick", ARGS=--help for more)
	$(PY) -m benchmarks $(ARGS)

lint: $(VENV)/.installed-dev ## check style and formatting
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

format: $(VENV)/.installed-dev ## mend style and formatting
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

docs: $(VENV)/.installed-dev ## build the documentation into docs/_build/html
	$(PY) -m sphinx -W --keep-going -b html docs docs/_build/html

clean: ## remove what the commands made
	rm -rf $(VENV) docs/_build demo_output .pytest_cache .ruff_cache .hypothesis

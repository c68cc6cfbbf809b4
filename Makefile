# The commands for developers; `make help` lists them.
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
# A file of versions to install, as in test-oldest; the newest if empty.
CONSTRAINTS ?=
# The first Python in the supported range; `make demo PYTHON=/path/to/python` overrides it.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& { echo $$p; break; }; done)
export TF_CPP_MIN_LOG_LEVEL ?= 2

.DEFAULT_GOAL := help
.PHONY: help install demo test test-oldest test-jax test-python test-wheel bench bench-accuracy lint format stubs docs clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(PY):
	@test -n "$(PYTHON)" || { echo "sklearn_textnn needs Python 3.11, 3.12 or 3.13; found none on PATH. Try: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --upgrade pip

PIP := $(PY) -m pip install --quiet $(CONSTRAINTS:%=--constraint %)

$(VENV)/.installed: pyproject.toml $(CONSTRAINTS) | $(PY)
	$(PIP) --editable '.[plot]'
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(CONSTRAINTS) | $(PY)
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.installed

install: $(VENV)/.installed ## make .venv and install the package

demo: install ## compare baselines and networks by nested cross-validation (DATA="--data sentiment" for UCI)
	$(PY) examples/compare_models.py --n-jobs 2 $(DATA)

test: $(VENV)/.installed-dev ## run the whole test suite (ARGS="-k tokenizer" to choose)
	$(PY) -m pytest -n 2 --dist worksteal $(ARGS)

OLDEST := VENV=.venv-oldest PYTHON=python3.11 CONSTRAINTS=.ci/oldest.txt
test-oldest: ## run the suite with the oldest supported versions (.ci/oldest.txt)
	$(MAKE) test $(OLDEST) ARGS="-m 'not slow' $(ARGS)"
	$(MAKE) test $(OLDEST) ARGS="-m slow tests/conformance tests/persistence $(ARGS)"

test-python: ## run all but slow tests with another Python (PYTHON=/path/to/python3.13)
	$(MAKE) test VENV=.venv-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])') \
		PYTHON=$(PYTHON) ARGS="-m 'not slow' $(ARGS)"

# Keras on JAX: the package and its dependencies without TensorFlow.
.venv-jax/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-jax
	.venv-jax/bin/python -m pip install --quiet --upgrade pip
	.venv-jax/bin/python .ci/requirements.py --without tensorflow --extra jax --extra test > .venv-jax/wanted.txt
	.venv-jax/bin/python -m pip install --quiet --requirement .venv-jax/wanted.txt
	.venv-jax/bin/python -m pip install --quiet --no-deps --editable .
	@touch $@

test-jax: .venv-jax/.installed ## run the classifier's contract with Keras on JAX, without TensorFlow
	KERAS_BACKEND=jax .venv-jax/bin/python -m pytest -n 2 --dist worksteal \
		tests/test_backends.py tests/persistence/test_versions.py $(ARGS)

test-wheel: ## install the wheel into an empty environment and run the README's first example
	rm -rf .venv-wheel
	$(PYTHON) -m venv .venv-wheel
	.venv-wheel/bin/python -m pip wheel --quiet --no-deps --wheel-dir .venv-wheel/dist .
	time .venv-wheel/bin/python -m pip install --quiet .venv-wheel/dist/*.whl
	du -sh .venv-wheel/lib .venv-wheel/lib/*/site-packages/sklearn_textnn
	cd .venv-wheel && bin/python -I ../.ci/first_example.py ../README.md

bench: install ## measure against SciKeras and Keras (ARGS="--quick", ARGS=--help for more)
	$(PY) -m benchmarks $(ARGS)

bench-accuracy: install ## accuracy compared with baselines (ARGS="--folder ... --sentences ... --vectors ...")
	$(PY) -m benchmarks.accuracy $(ARGS)

lint: $(VENV)/.installed-dev ## check style and formatting
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

format: $(VENV)/.installed-dev ## fix style and formatting
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

stubs: $(VENV)/.installed-dev ## rewrite the type stubs after a change of docstrings
	$(PY) .ci/stubs.py

docs: $(VENV)/.installed-dev ## build the documentation into docs/_build/html
	$(PY) -m sphinx -W --keep-going -b html docs docs/_build/html

clean: ## remove everything that the commands created
	rm -rf $(VENV) .venv-* docs/_build docs/generated demo_output .pytest_cache .ruff_cache .hypothesis

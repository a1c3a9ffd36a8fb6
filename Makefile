# Everything from a fresh checkout: `make train`, `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed

.DEFAULT_GOAL := help
.PHONY: help train test test-fast coverage lint bench gpu docs clean

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

train: $(INSTALLED)  ## quickstart: a small ESRGAN on demo photographs, about 4 minutes on 2 CPU cores
	$(BIN)/python -m sr_lightning.train experiment=quickstart

test: $(INSTALLED)  ## run all tests
	$(BIN)/python -m pytest -n auto --maxprocesses 4

test-fast: $(INSTALLED)  ## run the tests without those marked slow
	$(BIN)/python -m pytest -n auto --maxprocesses 4 -m "not slow"

coverage: $(INSTALLED)  ## run all tests and list lines without coverage
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --cov=sr_lightning --cov-report=term-missing:skip-covered

lint: $(INSTALLED)  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(INSTALLED)  ## speed of the training step and of the loader, as a table of ratios
	$(BIN)/python -m tests.benchmarks

gpu: $(INSTALLED)  ## check on a GPU: correctness, speed, a short training; resumes an interrupted check
	$(BIN)/python -m tests.gpu

docs: $(INSTALLED)  ## build the documentation in build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean:  ## remove the environment and generated files
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

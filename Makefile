# yibao: `make` lists the targets.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-development

.DEFAULT_GOAL := help
.PHONY: help demo serve test check bench docs clean lock

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(READY): requirements/runtime.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(READY_DEV): requirements/development.lock $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/development.lock
	@touch $@

demo: $(READY) ## set everything up, play a city through the gateway, report, keep serving (QUICK=1: small and exit; FRESH=1: start anew; REGION=tianjin)
	$(BIN)/yibao demo $(if $(QUICK),--quick) $(if $(FRESH),--fresh) $(if $(REGION),--region $(REGION))

serve: $(READY) ## serve the gateway and the office on http://127.0.0.1:8400
	$(BIN)/yibao serve

test: $(READY_DEV) ## set everything up and run all tests
	$(BIN)/python -m pytest -n 2 --max-worker-restart 0 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check: $(READY_DEV) ## everything CI runs: format, lint, types, contracts, migrations, generated docs, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/yibao db check-migrations
	$(BIN)/python docs/generate.py --check
	$(MAKE) test

bench: $(READY_DEV) ## run the benchmarks; each prints a ratio measured in the same run
	$(BIN)/python bench/run.py

docs: $(READY_DEV) ## write the generated pages of docs/
	$(BIN)/python docs/generate.py

lock: $(READY_DEV) ## pin the dependencies anew (needs uv)
	$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/runtime.in -o requirements/runtime.lock
	$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements/runtime.lock requirements/development.in -o requirements/development.lock

clean: ## remove the environment and caches; the database in .yibao/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis htmlcov .coverage build *.egg-info src/*.egg-info

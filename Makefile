# The same words for a person, a hook and CI. Needs Python 3.11 or newer and make; everything else goes into .venv.
PYTHON ?= python3
TOOLS  := .venv-uv
UV     := $(TOOLS)/bin/uv
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

COMPILE := $(UV) pip compile --python-version 3.11 --universal --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --quiet

SERVICES := spark or postgres or mysql or browser or boosters or kill or environment or container
# In the order of tests/conftest.py: a worker with the long files last would leave the other idle.
WORKERS  := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help run test test-all check lint docs lock
.DEFAULT_GOAL := help

help:  ## Show what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(READY)  ## Install, then run the demo company to the end
	@$(BIN)/churnlab run

test: $(READY)  ## Install, then run every test that needs no Spark, database server or browser
	@$(BIN)/python -m pytest -q $(WORKERS) -m "not ($(SERVICES))"

test-all: $(READY)  ## Run every test; a missing service is a failure
	@CHURNLAB_REQUIRE_SERVICES=1 $(BIN)/python -m pytest -q $(WORKERS)

check: lint  ## Check style, types and import rules
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

lint: $(READY)  ## Check style only
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

docs: $(READY)  ## Write the page of all signals, and photograph the demo company's reports and dashboard
	@$(BIN)/python -m features.catalog_page
	@$(BIN)/churnlab run --quiet
	@$(BIN)/churnlab score --from 2026-09-06 --to 2026-11-01 --every 14 --quiet
	@$(BIN)/churnlab report --month last
	@$(BIN)/python docs/pictures.py
	@$(BIN)/python docs/dashboard_pictures.py

lock: $(UV)  ## Write the locks anew from pyproject.toml, hashed and without addresses
	@$(COMPILE) pyproject.toml --group dev --output-file requirements.lock
	@$(COMPILE) --group boosters --constraint requirements.lock --output-file requirements-boosters.lock

# uv lives apart, because installing the lock removes from .venv whatever the lock does not name.
$(UV):
	@$(PYTHON) -c 'import sys; sys.exit("ChurnLab needs Python 3.11 or newer; set PYTHON=..." if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"

$(READY): $(UV) requirements.lock pyproject.toml
	@echo "Installing into $(VENV) (a few minutes the first time)"
	@test -x $(BIN)/python || $(UV) venv --quiet --python $(TOOLS)/bin/python $(VENV)
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $(READY)

# What people and CI run. Needs Python 3.11 or newer and make; everything else is installed into .venv.
# Where npm is found, the programs from npm that some tests run are installed, too.

.DEFAULT_GOAL := help
.PHONY: help install demo test test-fast test-slow test-sqlite kill-test coverage lint format types imports docs docs-check check mutants fuzz bench deploy-tools lock clean

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
BIN := .venv/bin
UV := $(shell command -v uv)
INSTALL = $(if $(UV),$(UV) pip install --python $(BIN)/python,$(BIN)/pip --disable-pip-version-check install) \
          $(if $(MAKE_TERMOUT),,--quiet)
RUNTIME := .venv/.runtime
INSTALLED := .venv/.installed
# A worker for each processor, each with a PostgreSQL of its own; the tests of a file stay together.
PYTEST = $(BIN)/pytest -n $(WORKERS) --maxprocesses=8 --dist=loadfile --no-loadscope-reorder
WORKERS ?= logical
NPM := $(shell command -v npm)
NPM_PACKAGES := $(if $(NPM),$(patsubst %package-lock.json,%node_modules/.package-lock.json,$(wildcard tests/*/package-lock.json)))
ARGS ?=

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "Python 3.11 or newer is needed, but $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	         "Name another one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
ifneq ($(UV),)
	$(UV) venv --quiet --seed --clear --python $(PYTHON) .venv
else
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
endif

# What serving needs, and a program that runs the code of this folder: nothing is built, so that `make demo` is quick.
$(RUNTIME): requirements.lock | $(BIN)/python
	@echo "Installing $$(grep -c '^[^ #]' requirements.lock) packages into .venv, once"
	$(INSTALL) --require-hashes -r requirements.lock
	@$(BIN)/python -c 'import pathlib, sysconfig; print(pathlib.Path("src").absolute(), file=open(sysconfig.get_path("purelib") + "/_editable_impl_chargerights.pth", "w"))'
	@printf '%s\n' '#!/bin/sh' "'''exec' \"\$${0%/*}/python\" \"\$$0\" \"\$$@\" # '''" \
	    'from chargerights.__main__ import main' 'main()' > $(BIN)/chargerights
	@chmod +x $(BIN)/chargerights
	@touch $@

$(INSTALLED): requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing $$(grep -c '^[^ #]' requirements-dev.lock) packages into .venv, once"
	$(INSTALL) --require-hashes -r requirements-dev.lock
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $(RUNTIME) $@

%/node_modules/.package-lock.json: %/package-lock.json
	@$(NPM) ci --prefix $* --engine-strict --no-audit --no-fund && touch $@ || \
	    echo "npm ci failed in $*: tests that need its packages are skipped, or fail in CI" >&2

install: $(INSTALLED) ## make .venv and install everything pinned in requirements-dev.lock

demo: $(RUNTIME) ## serve a demo network at http://127.0.0.1:8080 from demo.db, and say what to try
	$(BIN)/chargerights serve --demo --database sqlite:///demo.db $(ARGS)

test: $(INSTALLED) $(NPM_PACKAGES) ## all tests, on SQLite and on a real PostgreSQL; ARGS="-k word" for some
	$(PYTEST) $(ARGS)

test-fast: $(INSTALLED) ## the tests that are not marked slow: they start and kill no servers
	$(PYTEST) -m 'not slow' $(ARGS)

test-slow: $(INSTALLED) $(NPM_PACKAGES) ## the others
	$(PYTEST) -m slow $(ARGS)

test-sqlite: $(INSTALLED) $(NPM_PACKAGES) ## all tests that need no PostgreSQL
	$(PYTEST) --database=sqlite $(ARGS)

kill-test: $(INSTALLED) $(NPM_PACKAGES) ## kill servers fifty times on each database while chargers talk and it is away (half an hour)
	KILL_ROUNDS=50 $(BIN)/pytest tests/faults/test_killed_chargers.py -s $(ARGS)

coverage: $(INSTALLED) ## every branch of the rights core is taken by its own tests
	COVERAGE_FILE=.coverage.rights $(BIN)/coverage run --branch --source=src/chargerights/rights -m pytest tests/rights
	COVERAGE_FILE=.coverage.rights $(BIN)/coverage report --show-missing --skip-covered --fail-under=100

lint: $(INSTALLED) ## ruff (rules and format), unused code, and dependencies that are missing or not needed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/vulture
	$(BIN)/deptry src

format: $(INSTALLED) ## mend what ruff can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(INSTALLED) ## mypy --strict
	$(BIN)/mypy

imports: $(INSTALLED) ## the layers import in one direction
	$(BIN)/lint-imports --no-cache

docs: $(INSTALLED) ## write the generated parts of docs/ anew
	$(BIN)/python docs/generate.py

docs-check: $(INSTALLED) ## the generated parts of docs/ are up to date, links lead somewhere
	$(BIN)/python docs/generate.py --check

# The tests of the rights core run once, with coverage.
check: lint types imports docs-check coverage ## everything that CI checks
	$(PYTEST) --ignore=tests/rights $(ARGS)

mutants: $(INSTALLED) ## change the rights core in many small ways and see the tests notice (minutes)
	HYPOTHESIS_PROFILE=mutants $(BIN)/mutmut run $(ARGS)
	$(BIN)/mutmut results

fuzz: $(INSTALLED) ## send 200,000 broken frames of chargers (minutes); FUZZ_SEED=7 for others
	FUZZ_FRAMES=200000 $(BIN)/pytest tests/gateway/test_mutations.py --database=sqlite $(ARGS)

bench: $(INSTALLED) ## the measurements of docs/performance.md
	$(BIN)/python -m bench $(ARGS)

deploy-tools: $(INSTALLED) ## install Caddy, Traefik and linters into .venv, for the tests of deploy/ and the Dockerfile
	$(INSTALL) --require-hashes -r tests/deploy/requirements.lock

lock: | $(BIN)/python ## pin the newest allowed versions in the files requirements*.lock
	$(INSTALL) 'uv>=0.13,<1'
	$(LOCK) pyproject.toml --output-file requirements.lock
	$(LOCK) pyproject.toml --output-file requirements-dev.lock --extra dev --constraints requirements.lock
	echo hatchling | $(LOCK) - --output-file requirements-build.lock --no-annotate --constraints requirements-dev.lock
	$(LOCK) tests/deploy/requirements.in --output-file tests/deploy/requirements.lock --constraints requirements-dev.lock

LOCK = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
       --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

clean: ## remove what tools left behind; databases and .venv stay
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache mutants build dist .coverage .coverage.*

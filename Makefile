# Venule: `make run` and `make test` set up by themselves what they need.
#   PYTHON=python3.12 make setup    another interpreter (3.11 or newer)
.DEFAULT_GOAL := help
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory --no-builtin-rules

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
DATA ?= ../shared/data/fund
RUN_HOME := build/replay-home
RUN_REPORT := build/replay-report
SEEDS ?= 20
FIRST ?= 0
N ?= 1000
# Tests wait for servers and browsers half of the time: two workers a core.
JOBS ?= $(shell $(PYTHON) -c "import os; print(2 * (os.cpu_count() or 1))")
FROM ?= 0
FRESH ?= 0
# The lock takes no release younger than this day: a week of cool-down before the day it is made.
LOCK_BEFORE ?= $(shell date -u -d '7 days ago' +%Y-%m-%dT00:00:00Z 2>/dev/null || date -u -v-7d +%Y-%m-%dT00:00:00Z)

.PHONY: help setup run test thorough lint types imports bench sim random kills failover cluster docs pages lock format clean

help:  ## Show the verbs
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.ready  ## Make .venv and install the locked, hash-checked packages into it

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Venule needs Python 3.11 or newer; try: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv --clear $(VENV)
	@echo "setup: installing the locked packages into $(VENV)"
	@$(PY) -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(PY) -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: setup  ## Replay a year of a money-market fund (FRESH=1 starts anew), then say what to look at
	@if [ "$(FRESH)" != 0 ]; then rm -rf $(RUN_HOME) $(RUN_REPORT); fi
	@mkdir -p build
	@if [ -d "$(DATA)" ]; then \
	  $(VENV)/bin/venule replay --flows "$(DATA)/daily_flows.csv" --yields "$(DATA)/daily_yield.csv" \
	    --users "$(DATA)/users.csv.gz" --calendar "$(DATA)/calendar.csv" \
	    --home $(RUN_HOME) --report $(RUN_REPORT); \
	else \
	  $(VENV)/bin/venule replay --home $(RUN_HOME) --report $(RUN_REPORT); \
	fi

test: lint types imports  ## Everything a change must pass: lint, types, imports, tests
	@$(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

thorough: lint types imports  ## As test, and what lies before a door on both kinds of home
	@VENULE_THOROUGH=1 $(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

lint: setup  ## ruff: format and rules
	@$(VENV)/bin/ruff format --check --quiet . \
	  || { echo "lint: run 'make format'" >&2; exit 1; }
	@$(VENV)/bin/ruff check --quiet .
	@echo "lint: ok"

types: setup  ## mypy --strict
	@$(VENV)/bin/mypy

imports: setup  ## import-linter: the floors of the house and the pure files
	@mkdir -p build; $(VENV)/bin/lint-imports --no-cache >build/imports.txt 2>&1 \
	  || { cat build/imports.txt; rm -f build/imports.txt; exit 1; }
	@tail -n 1 build/imports.txt | sed 's/^/imports: /'; rm -f build/imports.txt

format: setup  ## Put the code into shape
	@$(VENV)/bin/ruff format --quiet .
	@$(VENV)/bin/ruff check --quiet --fix .

bench: setup  ## Measure the hot paths at moderate sizes; each ends with one JSON line
	@for script in $(filter-out benchmarks/common.py benchmarks/http_load.py benchmarks/places.py benchmarks/cluster.py benchmarks/hundred_million.py benchmarks/takeover.py,$(wildcard benchmarks/*.py)); do \
	  echo "== $$script"; $(PY) $$script || exit 1; \
	done
	@echo "== benchmarks/takeover.py, a tenth of it"
	@$(PY) benchmarks/takeover.py --accounts 100000 --transfers 200000 --kills 2
	@echo "== benchmarks/hundred_million.py, a hundredth of it"
	@$(PY) benchmarks/hundred_million.py --accounts 1000000 --transfers 1000000

sim: setup  ## A seeded world in which everything goes wrong: make sim SEEDS=1000 FIRST=5000, SEED=17, ON=postgresql
	@cd tests && ../$(PY) -m support.sim $(if $(SEED),--seed $(SEED),--seeds $(SEEDS) --first $(FIRST)) \
	  $(if $(STEPS),--steps $(STEPS)) $(if $(ON),--on $(ON))

random: setup  ## The other tests that draw from seeds, with more of them: make random SEEDS=20
	@VENULE_SEEDS=$(SEEDS) $(PY) -m pytest -m sim --deselect tests/sim/test_world.py --timeout=0

kills: setup  ## kill -9 real processes at random moments: make kills N=10000, from slice 40 on: FROM=40
	@$(PY) tests/sim/kills.py --kills $(N) --from $(FROM)

failover: setup  ## kill -9 the writer of a PostgreSQL home under load: make failover N=100
	@cd tests && ../$(PY) -m support.failover.drill --kills $(if $(filter command,$(firstword $(origin N))),$(N),100)

cluster: setup  ## The tests on a Citus cluster, started here: 1 coordinator, 2 workers
	@VENULE_CITUS_DSN=$${VENULE_CITUS_DSN:-start} $(PY) -m pytest tests/cluster

docs: setup pages  ## Build the documentation into build/docs
	@$(PY) -m sphinx -q -W --keep-going -b html docs build/docs
	@echo "docs: build/docs/index.html"

pages: setup  ## Write again what comes from the code (docs/cli.md, docs/errors.md, the client)
	@$(PY) -m venule.serving.make_client
	@$(PY) -m venule.cli.docs docs
	@$(PY) -m venule.serving.documents docs

lock: setup  ## Resolve the dependencies anew into requirements.lock
	@$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-emit-index-url --no-header --no-annotate --exclude-newer $(LOCK_BEFORE) \
	  --group dev pyproject.toml -o requirements.lock

clean:  ## Remove everything that make made, .venv too
	@rm -rf $(VENV) build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

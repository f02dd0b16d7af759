# Outpost. `make` alone explains the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAMPLE := sample-clinic
RESULTS := sample-results
FOLDER ?= $(SAMPLE)/scans
OUT ?= $(RESULTS)
BUDGET ?= 240
STICK ?= dist/stick
STUDIES ?= 1000
LANGUAGE ?= en
PACKAGING := .venv-packaging
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help models demo run executable stick test coverage test-executable test-slow lint format bench bench-year tree constraints clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

# Exit code 1 says that something was refused: a few of the sample's scans are broken on purpose.
demo: $(VENV)/.base ## Set up, make a sample clinic, read it, and write its reports
	$(BIN)/outpost demo $(SAMPLE)
	$(BIN)/outpost run $(SAMPLE)/scans -o $(RESULTS) || test $$? -eq 1
	$(BIN)/outpost report $(RESULTS)

run: $(VENV)/.base ## Read a folder of scans: make run FOLDER=path OUT=path
	$(BIN)/outpost run "$(FOLDER)" -o "$(OUT)"

models: $(VENV)/.compression ## Go from data to the factory packages, or on from where it stopped: make models BUDGET=minutes
	$(BIN)/python -m compression models --budget $(BUDGET)

executable: $(PACKAGING)/.packaging ## Build the program folder dist/outpost, in an environment of its own
	$(PACKAGING)/bin/python packaging/executable.py

stick: $(PACKAGING)/.packaging ## Write a stick: make stick STICK=/media/stick LANGUAGE=fr
	test -d dist/outpost || $(MAKE) executable
	$(PACKAGING)/bin/python packaging/stick.py "$(STICK)" --language $(LANGUAGE)

test-executable: $(VENV)/.dev ## Build the program folder if there is none, and start it where nothing else is
	test -d dist/outpost || $(MAKE) executable
	$(BIN)/pytest -m slow --timeout=3600 tests/packaging

test: lint ## Set up and run every check: lint, types, architecture, tests
	$(BIN)/pytest -n auto --dist loadfile

coverage: $(VENV)/.dev ## Run the same tests and count which lines and branches of the clinic's code they take: 95 in 100 of each
	$(BIN)/pytest -n auto --dist loadfile --cov --cov-report=term:skip-covered --cov-fail-under=95
	$(BIN)/python tests/covered_branches.py

test-slow: $(VENV)/.dev ## Run the tests that take minutes (fuzzing with new examples, every real scan)
	$(BIN)/pytest -m slow --timeout=3600 --hypothesis-profile=default

lint: $(VENV)/.dev ## Check style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## Put the code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.dev ## Time listing, reading, reports and keys, what the time goes to (docs/speed.md), and others on the same scans
	$(BIN)/python tests/bench/scan.py
	$(BIN)/python tests/bench/reading.py
	$(BIN)/python tests/bench/reports.py
	$(BIN)/python tests/bench/keys.py
	$(BIN)/python -m tests.bench.shares
	$(BIN)/python -m tests.bench.against

bench-year: $(VENV)/.dev ## Live a clinic's year with faults, judge it and write docs/year.md: make bench-year STUDIES=2500
	$(BIN)/python -m tests.bench.year --studies $(STUDIES)

tree: $(VENV)/.dev ## Write the README's tree anew from what each file says of itself
	$(BIN)/python tests/readme_tree.py

constraints: ## Renew constraints.txt from what the registry offers today
	rm -rf .venv-constraints
	$(PYTHON) -m venv .venv-constraints
	.venv-constraints/bin/python -m pip install --quiet --upgrade pip
	.venv-constraints/bin/python -m pip install --quiet -e '.[training,compression,packaging,dev]'
	{ echo "# Versions that the tests passed with. Renew with: make constraints"; \
	  .venv-constraints/bin/python -m pip freeze --exclude-editable | sed 's/+cpu$$//'; } > constraints.txt
	rm -rf .venv-constraints

clean: ## Remove the sample clinic and what the tools left (not the environment)
	rm -rf $(SAMPLE) $(RESULTS) build dist .coverage htmlcov .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(INSTALL) -e .
	touch $@

$(VENV)/.compression: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(INSTALL) -e '.[compression]'
	touch $@

$(PACKAGING)/.packaging: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(PACKAGING)
	$(PACKAGING)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt -e '.[packaging]'
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(INSTALL) -e '.[compression,dev]'
	touch $@ $(VENV)/.base

# iSee: `make run` brings up everything, `make test` tests it. `make help` lists the rest.
PORT ?= 8000
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
ISEE := .venv/bin/isee
export RASA_TELEMETRY_ENABLED := false

.PHONY: help setup run test test-fast check lock clean

help:  ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## Both environments, encoder, index and Rasa model; quick when nothing changed
	@$(PYTHON) tools/bootstrap.py
	@$(ISEE) setup

run: setup  ## Serve on http://127.0.0.1:$(PORT)
	@ISEE_PORT=$(PORT) $(ISEE) serve

test:  ## All tests, the browser's included
	@$(PYTHON) tools/bootstrap.py --dev
	@$(ISEE) setup
	@tools/test-needs
	@.venv/bin/python -m pytest -q -n 2 --ignore=tests/e2e
	@.venv/bin/python -m pytest -q tests/e2e
	@.venv-rasa/bin/python -m pytest -q -c tests/engine/pytest.ini tests/engine

test-fast:  ## The tests that need no built model
	@.venv/bin/python -m pytest -q -m "not slow and not built and not e2e"

check:  ## Lint, types, import directions, guides, dialogue data
	@$(PYTHON) tools/bootstrap.py --dev
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache
	@$(ISEE) kb validate
	@$(ISEE) kb audit
	@$(ISEE) train --validate-only

lock:  ## Pin both environments anew from requirements/*.in
	@tools/lock

clean:  ## Remove what was built (not the data in var/)
	rm -rf .venv .venv-rasa .mypy_cache .ruff_cache .pytest_cache

# iSee: `make run` brings up everything, `make test` tests it. `make help` lists the rest.
PORT ?= 8000
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
ISEE := .venv/bin/isee
export RASA_TELEMETRY_ENABLED := false

.PHONY: help setup run test test-long test-postgres models needs service-tests engine-tests test-fast check check-code check-data lock clean
# Parts of one target that run side by side.
TOGETHER = $(MAKE) --no-print-directory -j2

help:  ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## Both environments, encoder, index and Rasa model; quick when nothing changed
	@$(PYTHON) tools/bootstrap.py
	@$(ISEE) setup

run: setup  ## Serve on http://127.0.0.1:$(PORT)
	@ISEE_PORT=$(PORT) $(ISEE) serve

test:  ## All tests, the browser's included
	@$(PYTHON) tools/bootstrap.py --dev
	@$(TOGETHER) models needs
	@$(TOGETHER) service-tests engine-tests

models:
	@$(ISEE) setup

needs:
	@tools/test-needs

# A module's tests share its server, so they stay together. Three at a time on two cores: browsers and services wait a lot; four took longer.
service-tests:
	@.venv/bin/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder

test-long:  ## What takes minutes for a rare fault: encoder builds, more views of one page
	@.venv/bin/python -m pytest -q -n 2 --dist loadfile -m long

test-postgres: needs  ## What keeps something in a database, on a private PostgreSQL instead of SQLite (ROOMS="tests/bot/zalo": part)
	@.venv/bin/python -m tests.postgres $(if $(ROOMS),-q $(ROOMS))

engine-tests:
	@mkdir -p var/logs
	@.venv-rasa/bin/python -m pytest -q -c tests/engine/pytest.ini tests/engine >var/logs/test-engine.log 2>&1; \
	  passed=$$?; echo; cat var/logs/test-engine.log; exit $$passed

test-fast:  ## The tests that need no built model
	@.venv/bin/python -m pytest -q -m "not slow and not built and not e2e"

check:  ## Lint, types, import directions, guides, dialogue data
	@$(PYTHON) tools/bootstrap.py --dev
	@$(TOGETHER) --output-sync=target check-code check-data

check-code:
	@.venv/bin/ruff check .
	@.venv/bin/lint-imports --no-cache
	@.venv/bin/mypy

check-data:
	@$(ISEE) kb validate
	@$(ISEE) kb audit
	@$(ISEE) train --validate-only

lock:  ## Pin both environments anew from requirements/*.in
	@tools/lock

clean:  ## Remove what was built (not the data in var/)
	rm -rf .venv .venv-rasa .mypy_cache .ruff_cache .pytest_cache

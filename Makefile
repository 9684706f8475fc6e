# Only Python 3.11 or newer and make are needed; nothing has to be activated. `make` lists the commands.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTHON ?= python3.13 python3.12 python3.11 python3
UV ?= $(if $(wildcard $(BIN)/uv),$(BIN)/uv,uv)
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore $(BIN)/python -m pip
# The same lock on every machine: no index of ours, no file of ours, no wheel folder of ours.
COMPILE = env -u PIP_FIND_LINKS $(UV) pip compile -q --universal --generate-hashes --no-emit-index-url \
	--python-version 3.11 --custom-compile-command 'make lock' $(LOCKARGS) pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help setup run test check format lock sbom bench uploads queries pages clean FORCE
.NOTPARALLEL:

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo '  make run ARGS="--port 9000"   make test TESTARGS="-k recover"   make lock LOCKARGS=--upgrade'

setup: $(READY) ## Prepare .venv; .venv/bin/session-api then is the command
	@echo 'Ready: .venv/bin/session-api --help'

run: $(READY) ## Serve on this machine with a database of its own; Ctrl-C stops it
	@exec $(BIN)/session-api serve $(ARGS)

# What pytest made of a test is kept for the next run. Each process gets one half of the tests, so
# that what a module's tests share is made in one of them, and whoever is done takes from the other.
test: $(READY) ## Run the tests
	@exec env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n 2 --dist worksteal $(TESTARGS)

check: $(READY) ## Look for mistakes without running anything: ruff, mypy, tsc, public advisories
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy src tests tools $(wildcard benchmarks)
	@$(BIN)/python -m tools.advisories
	@if test -d clients/typescript/node_modules; then npm run --silent check --prefix clients/typescript; \
	else echo 'make check: left out clients/typescript: npm ci --prefix clients/typescript' >&2; fi

format: $(READY) ## Lay the code out and mend what ruff can mend
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

lock: ## Pin every dependency again, with hashes; needs uv
	$(COMPILE) -o requirements/runtime.lock
	$(COMPILE) --group dev -o requirements/dev.lock
	$(COMPILE:pyproject.toml=requirements/adk.in) -o requirements/adk.lock
	@! grep -n '://' requirements/*.lock || { echo 'make lock: a lock names a host or a path (above)' >&2; exit 1; }

sbom: $(READY) ## Write dist/sbom.cdx.json: what the service is made of, in CycloneDX
	@$(BIN)/python -m tools.sbom dist/sbom.cdx.json

# Starts are measured as they are from the second on, with what Python made of the source.
bench: $(READY) ## Measure against the floor and the peers
	@test -d benchmarks || { echo 'make bench: there is no benchmarks/ yet' >&2; exit 1; }
	@exec env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m benchmarks $(ARGS)

uploads: $(READY) ## Measure large files beside nginx and rclone; needs both and curl
	@exec $(BIN)/python -m benchmarks.uploads $(ARGS)

queries: $(READY) ## Write docs/queries.md again: the hot statements and their plans
	@exec $(BIN)/python -m benchmarks.plans

# The types of the TypeScript client are made of the document, and the demo of both; without Node.js
# they stay behind, and the checks say so.
pages: $(READY) ## Write again what is made from the code: docs/access.md, docs/data.md, the client's types, the demo
	@SESSION_API_TEST_WRITE_PAGES=1 $(BIN)/python -m pytest -q tests/access tests/clients/test_document.py
	@if test -d clients/typescript/node_modules; then \
		npm run --silent generate --prefix clients/typescript && npm run --silent build --prefix clients/typescript/demo; \
	else echo 'make pages: types and demo of clients/typescript are not made: npm ci --prefix clients/typescript' >&2; fi

clean: ## Remove .venv, caches and builds; the data in .session-api stays
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A moved folder or a Python that is gone makes .venv useless: then it is made anew.
USABLE := test -x $(BIN)/python && grep -qsF "$$(pwd -P)/$(BIN)/python" $(BIN)/pip
ifeq "$(shell $(USABLE) && echo yes)" ""
$(READY): FORCE
endif

$(READY): requirements/runtime.lock requirements/dev.lock pyproject.toml
	@rm -f $@
	@if ! { $(USABLE) && $(BIN)/python -m pip --version >/dev/null 2>&1; }; then \
		found=; \
		for candidate in $(PYTHON); do \
			"$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
				&& found=$$candidate && break; \
		done; \
		test -n "$$found" || { echo 'make: Python 3.11 or newer was not found; name one: make PYTHON=/path/to/python3' >&2; exit 1; }; \
		"$$found" -c 'import ensurepip, venv' >/dev/null 2>&1 \
			|| { echo "make: $$found lacks the venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }; \
		echo "Preparing $(VENV) with $$("$$found" --version); the first time takes a minute or two"; \
		"$$found" -m venv --clear $(VENV); \
	fi
	@$(PIP) install -q --require-hashes -r requirements/dev.lock
	@$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

FORCE:

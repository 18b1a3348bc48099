# make install · demo · test · lint · bench · notebooks: every other target installs first where it must.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
NO_TELEMETRY := MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true

.PHONY: install demo test lint bench notebooks lock clean

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "LeadLoop needs Python 3.11 or newer; set PYTHON=…")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $(STAMP)

demo: install
	$(NO_TELEMETRY) $(BIN)/leadloop demo $(ARGS)

test: install
	$(BIN)/python -m tests.browser.chromium
	$(NO_TELEMETRY) $(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: install
	$(NO_TELEMETRY) $(BIN)/python -m tests.bench $(ARGS)

notebooks: install
	$(NO_TELEMETRY) $(BIN)/python -m pytest tests/notebooks $(ARGS)

# Renew the pinned environment; no registry's address is written.
lock:
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --no-emit-index-url --generate-hashes --quiet --output-file requirements.lock

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

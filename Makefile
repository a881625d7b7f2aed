# make run    sets everything up, then starts the app on 127.0.0.1:8501 (PORT=8502 for another)
# make test   the same for the tests and a browser, then all tests but the slow ones
# make test-fast  in a minute: what needs no deep-learning framework, no whole page and no browser
# PYTHON=...  names the Python for .venv; without it the newest of 3.13, 3.12 and 3.11 is taken
# Written for GNU make 3.81, which macOS has: no .ONESHELL, no !=.

PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
HOST := 127.0.0.1

# A stamp says what was installed; a GPU that appears later asks for another one.
FLAVOUR := $(shell test "$$(uname -s)" = Linux && nvidia-smi >/dev/null 2>&1 && echo gpu || echo cpu)
APP := $(VENV)/.app-$(FLAVOUR)
TOOLS := $(VENV)/.tools
BROWSER := $(VENV)/.browser

TENSORFLOW := $(shell sed -n 's/^tensorflow==//p' requirements.txt)
CUDA_gpu := 'tensorflow[and-cuda]==$(TENSORFLOW)'

# A .venv whose Python has gone is made again.
ifneq ($(shell $(BIN)/python -c 'print(1)' 2>/dev/null),1)
.PHONY: $(VENV)/.made
endif

CANDIDATES = $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3 python)
USABLE := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
# Each is really run: a pyenv shim may stand for a version that is not there.
FOUND = $(shell for python in $(CANDIDATES); do \
	"$$python" -c '$(USABLE)' >/dev/null 2>&1 && { command -v "$$python"; break; }; done)
VERSION = $(shell "$(or $(PYTHON),python3)" --version 2>/dev/null || echo none)
NO_PYTHON = SimCLR Lab needs Python 3.11, 3.12 or 3.13 with its venv module, found $(VERSION); \
install one (python.org, or python3-venv on Debian) or name it: make run PYTHON=/path/to/python3.13

BIND := import socket; s = socket.socket(); \
	s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); \
	s.bind(("$(HOST)", int("$(PORT)")))
PORT_FREE = $(shell $(BIN)/python -c '$(BIND)' 2>/dev/null && echo yes)
NO_PORT = Port $(PORT) is in use or not a port; end the program that has it (perhaps another \
SimCLR Lab), or choose another port: make run PORT=8502

BROWSERS := chromium chromium-browser google-chrome google-chrome-stable
BROWSER_FOUND = $(shell for name in $(BROWSERS); do command -v $$name && break; done)
BROWSER_FETCHED = $(shell echo 'Fetching a browser for the tests' >&2; \
	$(BIN)/python -m playwright install chromium >$(VENV)/browser.log 2>&1 && echo yes)
NO_BROWSER = The tests need Chromium or Chrome, found none and could not fetch one (see \
$(VENV)/browser.log); install one and run make test again

# The tests of the engine's core, which other backends run as well.
CORE := tests/training/test_trainer.py tests/loss/test_nt_xent.py \
	$(addprefix tests/model/test_,simclr.py optimizers.py schedule.py)
ALL_CORE := $(CORE) tests/snapshots/test_checkpoint.py tests/snapshots/test_observer.py \
	tests/training/test_engine.py

.PHONY: run test test-fast test-slow test-backends check check-js bench clean

run: $(APP)
	$(if $(PORT_FREE),,$(error $(NO_PORT)))
	@echo "SimCLR Lab: http://$(HOST):$(PORT) (Ctrl-C ends the app; running trainings go on)"
	@exec $(BIN)/python -m streamlit run app.py --server.address $(HOST) --server.port $(PORT) \
		--server.headless true --browser.gatherUsageStats false

# Each file of tests is run by one of three workers: browsers wait more than they compute. The
# longest come first, and files that share a server stay together (tests/conftest.py).
WORKERS ?= 3
PARALLEL := --dist loadfile --no-loadscope-reorder

test: $(TOOLS) $(BROWSER)
	@$(BIN)/python -m pytest -n $(WORKERS) $(PARALLEL) -m "not slow"

test-fast: $(TOOLS)
	@$(BIN)/python -m pytest -n $(WORKERS) $(PARALLEL) -m "not slow and not heavy and not browser"

# What counts steps runs two files at a time; what counts seconds runs alone.
STEPS := tests/data tests/model tests/runs

test-slow: $(TOOLS) $(BROWSER)
	@$(BIN)/python -m pytest -n 2 $(PARALLEL) -m slow $(STEPS)
	@$(BIN)/python -m pytest -m slow $(addprefix --ignore=,$(STEPS))
	@echo "The engine's core on JAX"
	@KERAS_BACKEND=jax $(BIN)/python -m pytest -n $(WORKERS) $(PARALLEL) -m "not slow" $(CORE)

test-backends: $(TOOLS)
	@echo "Installing PyTorch, which takes some minutes"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check torch
	@for backend in jax torch; do \
		KERAS_BACKEND=$$backend $(BIN)/python -m pytest -m "not slow" $(ALL_CORE) || exit 1; done

check: $(TOOLS)
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports

# Types and unit tests of assets/js. Only those who change it need node; the app never does.
NODE_MODULES := node_modules/.package-lock.json
check-js: $(if $(shell npm --version 2>/dev/null),$(NODE_MODULES))
	@if command -v npm >/dev/null; then npm run --silent check; else \
		echo "Skipped the checks of assets/js: they need node 20 or newer (nodejs.org)"; fi

$(NODE_MODULES): package-lock.json
	@npm ci --silent --no-audit --no-fund && touch $@

bench: $(APP)
	@$(BIN)/python -m simclr_core bench

clean:
	rm -rf $(VENV) node_modules .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	$(if $(FOUND),,$(error $(NO_PYTHON)))
	@echo "Making $(VENV) with $(FOUND)"
	@"$(FOUND)" -m venv --clear $(VENV)
	@touch $@

$(APP): requirements.txt $(VENV)/.made
	@echo "Installing what the app needs ($(FLAVOUR)); the first time this takes some minutes"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-r requirements.txt $(CUDA_$(FLAVOUR))
	@touch $@

$(TOOLS): tests/requirements.txt $(APP)
	@echo "Installing what the tests need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-r requirements.txt -r tests/requirements.txt
	@touch $@

$(BROWSER): $(TOOLS)
	$(if $(or $(BROWSER_FOUND),$(BROWSER_FETCHED)),,$(error $(NO_BROWSER)))
	@touch $@

# One environment, made from the lock file. Every target makes it first when it is missing or stale.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
APP_PORT ?= 8866
export TF_CPP_MIN_LOG_LEVEL ?= 3

.DEFAULT_GOAL := help
.PHONY: help reports benchmark evidence check test test-all lab app notebooks pictures format lock

help: ## Show the targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

reports: $(READY) ## Run all notebooks and write reports/index.html: the main job.
	$(BIN)/mnist-nb report --jobs 2

benchmark: $(READY) ## Measure what the record of runs lacks or what went stale in it: hours, alone on the machine.
	$(BIN)/mnist-nb benchmark

evidence: $(READY) ## Renew all that is published, at a clean commit: models, record, notebooks, pages, README's tables and pictures.
	$(BIN)/mnist-nb report 01 02 03 04 05 --store --timeout 7200
	$(BIN)/mnist-nb record 01_explore 02_preprocess 03_architecture 04_compile 05_train
	$(BIN)/mnist-nb benchmark
	$(BIN)/mnist-nb report --store --timeout 7200
	$(BIN)/mnist-nb record
	$(BIN)/mnist-nb results --into README.md
	$(MAKE) pictures

check: $(READY) ## Check code, types and walls, and run the quick tests, in a minute: no browser, cluster or training.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	@# Biome, for the scripts of the page, comes for 64-bit Linux alone.
	test ! -x $(BIN)/biome || $(BIN)/biome check --error-on-warnings
	$(BIN)/pytest -q -n 2 --dist worksteal -m "not (browser or cluster or training or slow)" tests

test: $(READY) ## Check code and package, and execute every stored notebook, those that train with small parameters.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	@scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && export MNIST_NB_SCRATCH="$$scratch" && set -x && \
	$(BIN)/pytest -n 2 --dist loadscope -m "not (browser or cluster or after_notebooks)" && \
	$(BIN)/pytest -m "browser or cluster or after_notebooks" tests

test-all: $(READY) ## The same with every notebook's own parameters: half an hour to an hour.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest --at-length

lab: $(READY) ## Open JupyterLab on the notebooks.
	$(BIN)/jupyter lab --notebook-dir notebooks

app: $(READY) ## Serve the board's notebook as a page, on this machine only (APP_PORT=8866).
	$(BIN)/voila notebooks/07_application.ipynb --no-browser --Voila.ip=127.0.0.1 --port=$(APP_PORT)

notebooks: $(READY) ## Execute the stored notebooks again, clean them, and renew the README's table.
	$(BIN)/mnist-nb notebooks
	$(BIN)/mnist-nb results --into README.md

pictures: $(READY) ## Take the README's pictures in a real browser.
	MNIST_NB_PICTURES=docs $(BIN)/pytest tests/board/test_browser.py tests/web/test_browser.py

format: $(READY) ## Format code and notebooks.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	test ! -x $(BIN)/biome || $(BIN)/biome check --write

lock: ## Renew requirements.lock from pyproject.toml (needs uv).
	uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
	    --no-annotate --no-header --no-emit-index-url --no-emit-find-links --extra dev \
	    pyproject.toml --output-file requirements.lock

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
	    echo "Python 3.11, 3.12 or 3.13 is needed, and there is no '$(PYTHON)'. Install one, or name it: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { \
	    echo "Python 3.11, 3.12 or 3.13 is needed, and '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "'$(PYTHON)' has no venv module. Install it (on Debian and Ubuntu: apt install python3-venv)."; exit 1; }
	@echo "Setting up $(VENV) from requirements.lock; this takes a minute or two."
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock || { \
	    echo "The packages could not be installed: the lines above say why. A package index has to be reachable."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

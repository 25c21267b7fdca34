# prebake: `make help` lists what there is to do. Every target sets up what it needs, once.

SHELL := /bin/bash
VENV := .venv
PYTHON := $(VENV)/bin/python
CACHE := .cache
SETUP := $(VENV)/.setup-done

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint docs tables examples ci corpus bench builder-setup test-builder hub-setup test-hub install-setup test-install proof clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{ printf "  make %-15s %s\n", $$1, $$2 }'

# The editors' targets: vsix, editors-setup, test-vscode, test-neovim, test-emacs.
-include editors.mk

setup: $(SETUP) ## create .venv with prebake and its development tools

$(SETUP): pyproject.toml constraints.txt scripts/setup.sh
	@scripts/setup.sh $(VENV)
	@touch $@

demo: $(SETUP) ## check, fix and check again a small project with all three mistakes
	@$(PYTHON) -m scripts.demo

test: $(SETUP) ## every test that needs no Docker engine, package from an index, browser or editor
	$(PYTHON) -m pytest tests --ignore=tests/builder --ignore=tests/hub --ignore=tests/install \
		--ignore=tests/editors --ignore=tests/bench -q

lint: $(SETUP) ## ruff, mypy, and whether the generated files are up to date
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -m scripts.generate_docs --check
	$(PYTHON) -m scripts.generate_manual --check
	$(PYTHON) -m scripts.generate_schema --check
	$(PYTHON) -m scripts.compile_tables --check

docs: $(SETUP) ## write docs/rules/, the manual page and prebake.schema.json anew
	$(PYTHON) -m scripts.generate_docs
	$(PYTHON) -m scripts.generate_manual
	$(PYTHON) -m scripts.generate_schema

tables: $(SETUP) ## write server/prebake/data/compiled.json anew from the tables beside it
	$(PYTHON) -m scripts.compile_tables

examples: $(SETUP) ## write examples/fast-search anew: what the fixes make of examples/slow-search
	$(PYTHON) -m scripts.fixed_example

corpus: $(SETUP) ## precision and recall on labelled repositories: make corpus LABELS=labels.yaml DIR=checkouts
	@$(PYTHON) -m tests.corpus.measure --labels "$(LABELS)" --checkouts "$(DIR)" $(if $(OUT),--output "$(OUT)")

bench: $(SETUP) $(CACHE)/bench/.done ## measure prebake beside docker-langserver and an empty server
	@$(PYTHON) -m tests.bench.run --peers $(CACHE)/bench $(if $(OUT),--output "$(OUT)")

$(CACHE)/bench/.done: tests/bench/package.json
	mkdir -p $(CACHE)/bench
	cp tests/bench/package.json $(CACHE)/bench/
	cd $(CACHE)/bench && npm install --no-audit --no-fund --loglevel=error
	@touch $@

builder-setup: $(SETUP) ## install what the tests with a real Docker engine need (Debian, root)
	PYTHON=$(PYTHON) tests/builder/setup.sh $(CACHE)/builder

test-builder: $(SETUP) ## build before and after each fix with a real Docker engine, compare the images
	$(PYTHON) -m pytest tests/builder -q

hub-setup: $(SETUP) ## install two releases of huggingface_hub, what loads models with them, and spaCy, for test-hub
	PYTHON=$(PYTHON) tests/hub/setup.sh $(CACHE)/hub

test-hub: $(SETUP) ## run the downloads that fixes write against a hub on loopback, then the code without a network
	$(PYTHON) -m pytest tests/hub -q

install-setup: $(SETUP) ## install what builds, checks and uses packages (pip), and the other shells, for test-install
	PYTHON=$(PYTHON) tests/install/setup.sh $(CACHE)/install

test-install: $(SETUP) ## build the packages, install them elsewhere, run the pre-commit hooks, complete in zsh and fish
	$(PYTHON) -m pytest tests/install -q

proof: $(SETUP) $(CACHE)/proof/.done ## measure what the fixes gain in a project with 300 MB of data (after builder-setup)
	@$(PYTHON) -m tests.proof.run --wheels $(CACHE)/proof/wheels $(if $(OUT),--output "$(OUT)")

$(CACHE)/proof/.done: tests/proof/project.py tests/proof/wheels.py
	rm -rf $(CACHE)/proof/wheels
	$(PYTHON) -m tests.proof.wheels $(CACHE)/proof/wheels
	@touch $@

ci: export CI := true
ci: ## everything, with a real Docker engine, VS Code, Neovim and Emacs
	$(MAKE) lint
	$(MAKE) test
	$(MAKE) vsix
	$(MAKE) builder-setup
	$(MAKE) test-builder
	$(MAKE) hub-setup
	$(MAKE) test-hub
	$(MAKE) install-setup
	$(MAKE) test-install
	$(MAKE) editors-setup
	$(MAKE) test-vscode
	$(MAKE) test-neovim
	$(MAKE) test-emacs

clean: ## remove what the targets made
	rm -rf $(VENV) $(CACHE) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf vscode-client/node_modules vscode-client/out vscode-client/dist vscode-client/bundled
	find server tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

# The editors' side: the VS Code extension, and the suites that drive real editors. Included by the Makefile.

EDITORS := $(CACHE)/editors
CLIENT_VERSION := $(shell sed -n 's/^  "version": "\(.*\)",$$/\1/p' vscode-client/package.json)
VSIX := vscode-client/prebake-$(CLIENT_VERSION).vsix
CLIENT_SOURCES := $(wildcard vscode-client/src/*.ts vscode-client/*.json vscode-client/*.mjs vscode-client/*.md \
	vscode-client/*.py vscode-client/icon.png vscode-client/LICENSE vscode-client/.vscodeignore docs/images/*.png) \
	prebake.schema.json
CLIENT_MODULES := vscode-client/node_modules/.package-lock.json
SERVER_SOURCES := $(shell find server/prebake -type f -not -name '*.pyc' 2>/dev/null)

.PHONY: vsix editors-setup test-vscode test-neovim test-emacs screenshots

# Node, npm and npx of the same version on every machine.
$(VSIX) $(CLIENT_MODULES) test-vscode screenshots: export PATH := $(abspath $(EDITORS)/bin):$(PATH)

vsix: $(VSIX) ## build the VS Code extension, server and dependencies included

$(VSIX): $(CLIENT_MODULES) $(CLIENT_SOURCES) $(SERVER_SOURCES) scripts/bundle_server.py constraints.txt pyproject.toml
	$(PYTHON) -m scripts.bundle_server
	cd vscode-client && npm run --silent check && npm run --silent build && npm run --silent package

$(CLIENT_MODULES): $(EDITORS)/.node-done vscode-client/package-lock.json
	cd vscode-client && npm ci --loglevel=error
	@touch $@

$(EDITORS)/.node-done: $(SETUP) tests/editors/setup.sh
	@tests/editors/setup.sh $(PYTHON) $(EDITORS) node
	@touch $@

editors-setup: $(SETUP) ## install VS Code, Chromium, Neovim and Emacs for the editor suites (Debian, root; about 5 minutes)
	@tests/editors/setup.sh $(PYTHON) $(EDITORS) all

test-vscode: $(VSIX) ## drive the extension in a real VS Code: squiggles, hover, quick fixes, the files on disk
	$(PYTHON) -m pytest tests/editors/test_bundle.py -q
	node --test --test-timeout=300000 'tests/editors/vscode/*.test.mjs'

test-neovim: $(SETUP) ## drive the server in a real Neovim through lsp/prebake.lua
	$(PYTHON) -m pytest tests/editors/test_neovim.py -q

test-emacs: $(SETUP) ## drive the server in a real Emacs with Eglot, with the settings of docs/editors.md
	$(PYTHON) -m pytest tests/editors/test_emacs.py -q

screenshots: $(VSIX) ## take the pictures of docs/images anew, in a real VS Code
	node tests/editors/vscode/screenshots.mjs

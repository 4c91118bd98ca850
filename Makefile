# Neural Networks, Verified: every command of the course. `make help` lists them.
#
# Works with GNU make 3.81 (macOS) and newer. PYTHON picks the interpreter, PIP_ARGS is handed to pip:
#   make book PYTHON=python3.12 PIP_ARGS="--extra-index-url <PyTorch's CPU wheel index>"
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP_ARGS ?=
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# JupyterLab of this environment opens the book's pages as notebooks and asks no server for news.
LAB := $(VENV)/share/jupyter/lab/settings
LAB_SETTINGS := {"@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Jupytext Notebook"}}, \
  "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}

# One thread a process: the pages and tests run side by side, and seeded results stay comparable.
export OMP_NUM_THREADS ?= 1
export PYDEVD_DISABLE_FILE_VALIDATION := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Fonts are looked up once for each environment; a list left by another one may name files that are gone.
export MPLCONFIGDIR := $(CURDIR)/$(VENV)/share/matplotlib

.DEFAULT_GOAL := help
.PHONY: help book test fast lab serve assignments clean distclean

help: ## list the commands
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /\1 /' | awk '{n=$$1; $$1=""; printf "  make %-12s%s\n", n, $$0}'

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is required and none was found: install it, or name it with PYTHON=..." >&2; exit 1; }
	@echo "Installing the tested set of packages into $(VENV) (a few minutes, about 2 GB) ..."
	@$(BIN)/python -c pass 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -q $(PIP_ARGS) -c constraints.txt -e ".[book,lab,exam,grading,cluster,postgres,practice,ship,test]"
	@$(BIN)/python -m pip check
	@$(BIN)/python -c 'import matplotlib.font_manager'
	@mkdir -p $(LAB) && printf '%s\n' '$(LAB_SETTINGS)' > $(LAB)/overrides.json
	@touch $@

book: $(READY) ## execute every page, build the site, say which file to open
	@$(BIN)/coursekit book build --jobs $(JOBS)

test: book ## everything that must hold (about an hour on two cores)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile tests
	$(BIN)/python -m pytest --nbval-lax -n $(JOBS) --dist loadfile -p no:warnings solutions

fast: $(READY) ## the quick part of the tests (some minutes)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m "not slow and not browser" tests

lab: $(READY) ## JupyterLab with the nbgrader extensions, opened on the exercises
	@mkdir -p .nbgrader
	$(BIN)/jupyter lab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/exercises

serve: $(READY) ## serve the built site on this machine (PORT=8000)
	@$(BIN)/coursekit book serve --port $(or $(PORT),8000)

assignments: $(READY) ## derive exercises/ from solutions/
	@mkdir -p .nbgrader
	@for a in $$(ls solutions); do \
	  $(BIN)/nbgrader generate_assignment $$a --create --force --CourseDirectory.db_url=sqlite:///.nbgrader/release.db || exit 1; done

clean: ## remove the built site and its caches (keeps the environment)
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis

distclean: clean ## remove the environment as well
	rm -rf $(VENV)

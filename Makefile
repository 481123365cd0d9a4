# The README explains the first two: `make book` and `make test`. CONTRIBUTING.md lists the others.
# Recipes are POSIX sh. Each stops at its first failing line.

PYTHON ?= python3
PORT ?= 8000
PROFILE ?= quick
# Seconds that one cell may run; the full profile trains in a cell and needs more.
CELL_TIMEOUT ?= 600
# Extra arguments: `make lock LOCK_FLAGS=--upgrade` takes new versions, not only missing ones.
LOCK_FLAGS ?=
# The page in the README's picture, pictures/page.png; page.html#section starts at a section.
PICTURE_PAGE ?= 02_windows.html\#windows-by-stepping

VENV := .venv
BIN := $(VENV)/bin
# Written last: where it is missing, set-up was never finished and starts again from nothing.
READY := $(VENV)/set-up-complete

# Notebooks that `make test` executes. All languages have the same code and outputs, which is checked.
NBVAL ?= notebooks/en

# What the benchmark compares with.
PEERS := _build/peers
PEERS_READY := $(PEERS)/set-up-complete

# pip's own upgrade notice would be the last line of a set-up.
export PIP_DISABLE_PIP_VERSION_CHECK := 1

CHECK_PYTHON := import importlib.util as u, sys; \
	v = "%d.%d" % sys.version_info[:2]; \
	hint = "; name another one: make PYTHON=python3.12 ..."; \
	(3, 11) <= sys.version_info[:2] <= (3, 13) or sys.exit( \
	"$(PYTHON) is Python " + v + ", expected 3.11, 3.12 or 3.13" + hint); \
	u.find_spec("venv") and u.find_spec("ensurepip") or sys.exit( \
	"$(PYTHON) has no venv module (on Debian and Ubuntu: apt install python" + v + "-venv)" + hint)

# Every target works in the same environment and under the same _build/: `make -j` runs them in turn.
.NOTPARALLEL:
.PHONY: help book test test-colab bench serve outputs stamp format lock picture setup clean

help:
	@echo "make book      set up, run a copy of every chapter, build the site of every language"
	@echo "make test      set up, run every check"
	@echo "make test-colab  run a chapter of each language in an environment like Colab's"
	@echo "make bench     measure against peers (10 to 20 minutes, PyTorch among them)"
	@echo "make serve     serve the built site on 127.0.0.1:$(PORT)"
	@echo "make outputs   run the English chapters, store their outputs, copy them to all languages"
	@echo "make stamp     write the repository's address from _config.yml where it is needed"
	@echo "make format    format code and notebooks"
	@echo "make lock      renew requirements.txt from requirements.in"
	@echo "make picture   photograph a page for the README (needs Chromium)"
	@echo "make clean     remove what was built, the environment in $(VENV) excepted"

setup: $(READY)

# An environment whose set-up was finished once is brought up to date; any other is made anew, because
# an interrupted pip leaves half-installed packages that look whole.
$(READY): requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) not found: install Python 3.11 to 3.13" >&2; exit 1; }
	@$(PYTHON) -c '$(CHECK_PYTHON)'
	@echo "== set-up: environment in $(VENV) (once; some minutes, about 2.8 GB)"
	@if [ -f $@ ]; then rm $@; else rm -rf $(VENV) && $(PYTHON) -m venv $(VENV); fi
	@echo "== set-up: packages of requirements.txt"
	@$(BIN)/python -m pip install --quiet -r requirements.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

book: $(READY)
	@echo "== running a copy of every chapter, profile $(PROFILE)"
	@$(BIN)/python -m tools.execute --profile $(PROFILE) --timeout $(CELL_TIMEOUT) \
		--output _build/executed/en --keep-unreachable
	@echo "== building the pages"
	@$(BIN)/python -m tools.build_site --source _build/executed/en --output _build/site
	@echo "The book: $(CURDIR)/_build/site/index.html"
	@echo "Open that file in a browser, or run, for the search, too: make serve"

# The pages are built before the tests, which read them, and apart from those of `make book`.
test: $(READY)
	@echo "== lint: ruff check"
	@$(BIN)/ruff check --quiet --output-format concise .
	@echo "== format: ruff format --check"
	@$(BIN)/ruff format --quiet --check . || { echo "not formatted: run make format" >&2; exit 1; }
	@echo "== types: mypy"
	@$(BIN)/mypy --no-error-summary charrnn tools benchmarks
	@echo "== addresses: stamp.py --check"
	@$(BIN)/python -m tools.stamp --check
	@echo "== notebooks: check_notebooks.py"
	@$(BIN)/python -m tools.check_notebooks
	@echo "== translations: code and outputs as in English, structure, stale texts"
	@$(BIN)/python -m tools.translations check
	@echo "== book: build all languages from the committed notebooks, warnings are errors"
	@$(BIN)/python -m tools.build_site --strict --output _build/checked
	@echo "== tests: pytest, with the links of the book and, where there is Chromium, a browser"
	@BOOK_SITES=_build/checked $(BIN)/python -m pytest -q
	@echo "== notebooks: pytest --nbval, stored outputs against new ones"
	@$(BIN)/python -m pytest -q --nbval $(NBVAL)

# Another environment, about 2 GB under _build/colab.
test-colab: $(READY)
	@$(BIN)/python -m tools.run_colab

# The peers have an environment of their own; TensorFlow's peers run in the project's.
$(PEERS_READY): benchmarks/requirements.txt
	@echo "== set-up: peers in $(PEERS)"
	@rm -rf $(PEERS) && $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet -r benchmarks/requirements.txt
	@touch $@

bench: $(READY) $(PEERS_READY)
	@$(BIN)/python -m benchmarks.run --peers-python $(PEERS)/bin/python
	@$(BIN)/python -m benchmarks.picture

serve: $(READY)
	@test -f _build/site/index.html || { echo "no site yet: run make book first" >&2; exit 1; }
	@echo "http://127.0.0.1:$(PORT)/ (Ctrl+C stops)"
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/site $(PORT)

outputs: $(READY)
	@$(BIN)/python -m tools.execute --profile quick --in-place
	@$(BIN)/python -m tools.translations sync

stamp: $(READY)
	@$(BIN)/python -m tools.stamp

format: $(READY)
	@$(BIN)/ruff check --quiet --fix . || true
	@$(BIN)/ruff format .

# uv resolves for every Python and system at once, which pip cannot; only this target needs it, so it
# stays out of the environment.
lock: $(READY)
	@$(BIN)/python -m pip install --quiet --upgrade --target _build/uv uv
	@_build/uv/bin/uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-header \
		--no-annotate --quiet $(LOCK_FLAGS) requirements.in -o requirements.txt

picture: $(READY)
	@mkdir -p docs
	@$(BIN)/python -m tools.screenshot "$(PICTURE_PAGE)" pictures/page.png --width 1280 --height 900

clean:
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

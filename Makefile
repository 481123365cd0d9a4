# `make help` lists the targets. The README explains `make book`, CONTRIBUTING.md `make check`.
# Recipes are POSIX sh. Each stops at its first failing line.

# An interpreter for the environment; empty: the first that suits of those in .ci/set-up.
PYTHON ?=
PORT ?= 8000
PROFILE ?= quick
# `make outputs CHAPTER=4`: a number or a name; empty: all chapters.
CHAPTER ?=
# Seconds that one cell may run; the full profile trains in a cell and needs more.
CELL_TIMEOUT ?= 600
# Extra arguments: `make lock LOCK_FLAGS=--upgrade` takes new versions, not only missing ones.
LOCK_FLAGS ?=
LOCKS := requirements.txt benchmarks/requirements.txt .ci/cuda.txt
COMPILE := uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-annotate --generate-hashes
# The page in the README's picture, pictures/page.png; page.html#section starts at a section.
PICTURE_PAGE ?= windows.html\#the-task-the-next-character

VENV := .venv
BIN := $(VENV)/bin
# Written last: where it is missing, set-up was never finished and starts again from nothing.
READY := $(VENV)/set-up-complete

# Notebooks that `make test` executes, the solutions after their cells. All languages have the same
# code, solutions, tags and outputs, which `translations` checks.
NBVAL ?= notebooks/en
# They are dealt out to so many jobs: small ones, or a core has none at the end; of some chapters
# each, because every job has to start.
PARTS := 1 2 3 4 5 6 7 8 9
# `make check` runs these.
UNIT_TESTS := tests/charrnn
# Those that compute with a model; they pass without charrnn/fast, too.
PLAIN_TESTS := $(patsubst %,tests/charrnn/test_%.py,model streams training checkpoints generation \
	likely numbers sampler metrics weights recipes timed_training export \
	command_line) tests/charrnn/own_text
# These read the built sites; two jobs of about the same length.
BROWSER_TESTS := tests/whole/test_browser.py
LIVE_TESTS := tests/whole/test_live.py tests/whole/test_live_in_firefox.py tests/whole/test_book.py \
	tests/whole/test_safety.py
# Sites that the tests read, apart from those of `make book`.
CHECKED := _build/checked
# Two processes, because each loads TensorFlow and more would gain little; a file stays in one, whose
# fixtures train models. One thread each: more would wait for each other.
TWO := -n 2 --dist loadfile
ONE_THREAD := TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1

# Where the package's wheel is built.
WHEEL := _build/wheel

# What the benchmark compares with.
PEERS := _build/peers
PEERS_READY := $(PEERS)/set-up-complete

# pip's own upgrade notice would be the last line of a set-up.
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Runs two targets at once, the first before the reader's eyes; the other speaks when both are done.
# Every failure is shown, and the first target's as soon as it is known.
define SIDE_BY_SIDE
	@mkdir -p _build/logs
	@$(MAKE) --no-print-directory -k $(2) >_build/logs/$(2).log 2>&1 & other=$$!; \
		trap 'kill $$other 2>/dev/null; exit 130' INT TERM; \
		$(MAKE) --no-print-directory $(1); failed=$$?; \
		wait $$other || failed=$$?; \
		cat _build/logs/$(2).log; exit $$failed
endef

# What `make test` runs at once after `make check`, one job a core. A job starts when a core is free,
# in this order: long ones first, and the sites, for which others wait.
JOBS := site other-tests browser-tests live-tests slow-tests plain-tests $(PARTS:%=cells-%)
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

# Every target works in the same environment and under the same _build/: `make -j` runs them in turn,
# but for those jobs.
ifndef AT_ONCE
.NOTPARALLEL:
endif
.PHONY: help setup book editions check test wheel test-wheel test-colab bench bench-scripts lighthouse serve outputs stamp format lock live picture clean \
	static lint format-check types addresses notebooks translations \
	unit other-tests site browser-tests live-tests slow-tests plain-tests cells

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) \
		| while IFS='|' read -r name what; do printf 'make %-13s %s\n' "$$name" "$$what"; done

setup: $(READY) ## make the environment in .venv, or bring it up to date

# Two of them at once: one waits for the other, then finds the work done.
$(READY): requirements.txt pyproject.toml
	@PYTHON="$(PYTHON)" .ci/set-up $(VENV)

book: $(READY) ## set up, run a copy of every chapter, build the site of every language
	@echo "== running a copy of every chapter, profile $(PROFILE)"
	@$(BIN)/python -m tools.execute --profile $(PROFILE) --timeout $(CELL_TIMEOUT) \
		--output _build/executed/en --keep-unreachable
	@echo "== building the pages"
	@$(BIN)/python -m tools.build_site --source _build/executed/en --output _build/site
	@echo "The book: $(CURDIR)/_build/site/index.html"
	@echo "Open that file in a browser, or run, for the search, too: make serve"

# After `make book`: the front pages there then lead to the editions.
editions: $(READY) ## make a PDF and an EPUB of each language of the built book, and its social cards
	@$(BIN)/python -m tools.editions

check: $(READY) ## set up; in one to two minutes: tests of the path, lint, types, notebooks, translations
	$(call SIDE_BY_SIDE,unit,static)
	@echo "== make check: all passed"

# First what `make check` runs, so that a failing unit test shows before five sites are built. Then
# every job runs, even if another fails.
test: $(READY) ## set up, run every check
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory -k -j $(CORES) AT_ONCE=1 $(JOBS:%=whole-%)
	@echo "== make test: all passed"

unit: $(READY)
	@echo "== tests of the path: pytest, without the slow ones"
	@$(ONE_THREAD) $(BIN)/python -m pytest -q $(TWO) -m "not slow" $(UNIT_TESTS)

static: lint format-check types addresses notebooks translations ## check everything but tests

lint: $(READY)
	@echo "== lint: ruff check"
	@$(BIN)/ruff check --quiet --output-format concise .

format-check: $(READY)
	@echo "== format: ruff format --check"
	@$(BIN)/ruff format --quiet --check . || { echo "not formatted: run make format" >&2; exit 1; }

types: $(READY)
	@echo "== types: mypy"
	@$(BIN)/mypy --no-error-summary charrnn tools benchmarks experiments

addresses: $(READY)
	@echo "== addresses: stamp --check"
	@$(BIN)/python -m tools.stamp --check

notebooks: $(READY)
	@echo "== notebooks: check_notebooks"
	@$(BIN)/python -m tools.check_notebooks

translations: $(READY)
	@echo "== translations: code and outputs as in English, structure, stale texts"
	@$(BIN)/python -m tools.translations check

# A job beside others: its output appears whole when it ends. Not phony, or there would be no pattern.
# It stays in the foreground, where Ctrl+C reaches all that it started.
whole-%: $(READY)
	@mkdir -p _build/logs && echo "-- $* begins"
	@$(MAKE) --no-print-directory $* >_build/logs/$*.log 2>&1; failed=$$?; \
		cat _build/logs/$*.log; exit $$failed

whole-browser-tests whole-live-tests: whole-site

# What `unit` left out.
slow-tests: $(READY)
	@echo "== slow tests of the path: pytest"
	@$(BIN)/python -m pytest -q -m slow $(UNIT_TESTS)

plain-tests: $(READY)
	@echo "== tests of the path once more, charrnn/fast switched off: pytest"
	@CHARRNN_FAST=0 $(ONE_THREAD) $(BIN)/python -m pytest -q -m "not slow" $(PLAIN_TESTS)

other-tests: $(READY)
	@echo "== all other tests: pytest"
	@$(BIN)/python -m pytest -q $(patsubst %,--ignore %,$(UNIT_TESTS) $(BROWSER_TESTS) $(LIVE_TESTS))

site: $(READY)
	@echo "== book: build all languages from the committed notebooks, warnings are errors"
	@$(BIN)/python -m tools.build_site --strict --output $(CHECKED)

browser-tests: $(READY)
	@echo "== site: pytest, where there is Chromium, a browser"
	@BOOK_SITES=$(CHECKED) $(BIN)/python -m pytest -q $(BROWSER_TESTS)

live-tests: $(READY)
	@echo "== site: pytest, links of the book and, where there are browsers, live elements"
	@BOOK_SITES=$(CHECKED) $(BIN)/python -m pytest -q $(LIVE_TESTS)

cells: $(READY)
	@echo "== notebooks: pytest --nbval, stored outputs against new ones, and solutions"
	@$(BIN)/python -m pytest -q --nbval $(NBVAL)

# Every ninth chapter, from this one on; there may be fewer chapters than parts.
cells-%: $(READY)
	@set -- $$(find $(NBVAL) -name '*.ipynb' ! -path '*/.*' | sort \
			| awk 'NR % $(words $(PARTS)) == $* % $(words $(PARTS))'); \
		test $$# -eq 0 || exec $(MAKE) --no-print-directory cells NBVAL="$$*"

# From a copy of the files that git knows: setuptools leaves a folder build/ beside what it builds,
# and would take from it, the next time, what has been deleted since.
wheel: $(READY) ## build the package's wheel in _build/wheel
	@rm -rf $(WHEEL) && mkdir -p $(WHEEL)/source
	@git ls-files -z charrnn pyproject.toml LICENSE guides/package.md \
		| tar -c --null -T - | tar -x -C $(WHEEL)/source
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir $(WHEEL) $(WHEEL)/source
	@rm -rf $(WHEEL)/source
	@ls $(WHEEL)/*.whl

test-wheel: wheel ## try that wheel in new environments (a package index, 2.2 GB)
	@WHEEL=$$(ls $(WHEEL)/*.whl) $(BIN)/python -m pytest -q -m "network or not network" \
		tests/whole/test_wheel.py

# Another environment, about 2 GB under _build/colab.
test-colab: $(READY) ## run a chapter of each language in an environment like Colab's
	@$(BIN)/python -m tools.run_colab

# The peers have an environment of their own; TensorFlow's peers run in the project's.
$(PEERS_READY): benchmarks/requirements.txt | $(READY)
	@echo "== set-up: peers in $(PEERS)"
	@rm -rf $(PEERS) && $(BIN)/python -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --require-hashes -r benchmarks/requirements.txt
	@touch $@

bench: $(READY) $(PEERS_READY) ## measure against peers (20 minutes, PyTorch among them)
	@$(BIN)/python -m benchmarks.run --peers-python $(PEERS)/bin/python
	@$(BIN)/python -m benchmarks.picture

bench-scripts: $(READY) ## measure two minutes of training in each language, and long texts (20 minutes)
	@$(BIN)/python -m benchmarks.scripts

# Lighthouse 12 is the last for Node 20; npm, Node and Chromium are the machine's.
lighthouse: $(READY) ## measure the built pages on a slow telephone (needs npm and Chromium)
	@test -d _build/site/ko || { echo "no site of all languages yet: run make book first" >&2; exit 1; }
	@npm install --silent --no-audit --no-fund --prefix _build/lighthouse lighthouse@12
	@$(BIN)/python -m benchmarks.page_scores

serve: $(READY) ## serve the built site on 127.0.0.1
	@test -f _build/site/index.html || { echo "no site yet: run make book first" >&2; exit 1; }
	@echo "http://127.0.0.1:$(PORT)/ (Ctrl+C stops)"
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/site $(PORT)

outputs: $(READY) ## run English chapters, store their outputs, copy them to all languages (CHAPTER=4)
	@$(BIN)/python -m tools.execute --profile quick --in-place $(CHAPTER)

stamp: $(READY) ## write the repository's address and the version's tag where they are needed
	@$(BIN)/python -m tools.stamp
	@$(BIN)/python -m tools.translations sync

# What ruff cannot mend fails the target, after the formatting.
format: $(READY) ## format code and notebooks
	@$(BIN)/ruff check --quiet --fix --output-format concise .; failed=$$?; \
		$(BIN)/ruff format . && exit $$failed

# uv resolves for every Python and system at once, which pip cannot; only this target needs it, so it
# stays out of the environment. The command stands at the head of each lock, where Dependabot reads it.
# The first lock comes first: the others take its versions.
lock: $(READY) ## renew requirements.txt and the other locks from their .in files
	@$(BIN)/python -m pip install --quiet --upgrade --target _build/uv uv
	@for lock in $(LOCKS); do \
		UV_CUSTOM_COMPILE_COMMAND="$(COMPILE) $${lock%.txt}.in -o $$lock" \
			_build/uv/bin/$(COMPILE) --quiet $(LOCK_FLAGS) "$${lock%.txt}.in" -o "$$lock" || exit; \
	done

# wasmtime translates product.wat; only this target needs it.
live: $(READY) ## write words and bytes that the live elements of the pages are made of
	@$(BIN)/python -m pip install --quiet --upgrade --target _build/wasmtime wasmtime
	@PYTHONPATH=_build/wasmtime $(BIN)/python -m tools.live --product

picture: $(READY) ## photograph a page for the README (needs Chromium)
	@$(BIN)/python -m tools.screenshot "$(PICTURE_PAGE)" pictures/page.png --width 1280 --height 900

clean: ## remove what was built, the environment excepted
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

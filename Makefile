# Two commands for a fresh machine: make demo, make test. They ask for git, a
# C compiler, Python 3.9 or later with headers and pip, and a package index;
# cmake, ninja and the rest go into .cowbird-dev. No root, nothing elsewhere.

PYTHON ?= python3
ROUNDS ?= 50
SEED ?= $(shell date +%s)
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

# A version manager's python3 is a shell script: ask it for the interpreter.
REAL_PYTHON = $(shell $(PYTHON) -c 'import sys; print(sys.executable)')
DEV := $(CURDIR)/.cowbird-dev
BIN := $(DEV)/env/bin
CMAKE = PATH="$(BIN):$$PATH" cmake

.DEFAULT_GOAL := help
.PHONY: help demo test matrix build bench race soak storm fuzz wheel clean distclean env

help: ## list what make can do here
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' \
	    Makefile

demo: build ## set up, build, and watch C change inside a running app
	VIRTUAL_ENV="$(DEV)/env" PATH="$(BIN):$$PATH" \
	    build/release/cli/cowbird demo $(ARGS)

test: env ## set up, build with ASan and UBSan, run every test
	$(CMAKE) --preset dev -DCOWBIRD_PYTHON="$(REAL_PYTHON)" \
	    -DCOWBIRD_DEV_DIR="$(DEV)"
	$(CMAKE) --build build/dev -j $(JOBS)
	rm -f build/dev/test-skips/*
	PATH="$(BIN):$$PATH" ctest --test-dir build/dev -j $(JOBS) \
	    --output-on-failure $(ARGS); status=$$?; \
	    tests/skipped build/dev/test-skips; exit $$status

build: env ## build the program: build/release/cli/cowbird
	$(CMAKE) --preset release -DCOWBIRD_TESTS=OFF
	$(CMAKE) --build build/release -j $(JOBS)

bench: build ## measure; ARGS=--full as for the figures in bench/README.md
	-@$(REAL_PYTHON) tests/setup frameworks
	PATH="$(BIN):$$PATH" VIRTUAL_ENV="$(DEV)/env" bench/run $(ARGS)

race: build ## beside other tools: table and plot; ARGS=--publish
	PATH="$(BIN):$$PATH" VIRTUAL_ENV="$(DEV)/env" bench/race/run $(ARGS)

soak: build env ## the long runs: 10,000 swaps, threads, forks, load, faults
	-@$(REAL_PYTHON) tests/setup frameworks
	PATH="$(BIN):$$PATH" VIRTUAL_ENV="$(DEV)/env" \
	    bench/growth.py --full --check $(ARGS)
	PATH="$(BIN):$$PATH" VIRTUAL_ENV="$(DEV)/env" \
	    bench/under_load.py --full --check
	PATH="$(BIN):$$PATH" COWBIRD_PROGRAM="$(CURDIR)/build/release/cli/cowbird" \
	    COWBIRD_TEST_LONG_SWAPS=10000 COWBIRD_TEST_THREAD_SWAPS=1000 \
	    COWBIRD_TEST_FORK_SWAPS=1000 COWBIRD_TEST_EVERY_STEP=1 \
	    $(BIN)/python -m pytest -q -s -p no:cacheprovider \
	    -o timeout=7200 tests/swap/58_many_threads \
	    tests/swap/60_long_session tests/swap/61_forks \
	    tests/swap/28_prepare_fails tests/swap/29_commit_fails

storm: build ## real projects' own tests while their C is swapped; ARGS=
	PATH="$(BIN):$$PATH" COWBIRD_DEV_DIR="$(DEV)" \
	    COWBIRD_PROGRAM="$(CURDIR)/build/release/cli/cowbird" \
	    $(BIN)/python tests/storm/storm --all $(ARGS)

matrix: env ## what runs in a Python, on every one, 3.14 and 3.15 fetched
	-@$(REAL_PYTHON) tests/setup python314
	-@$(REAL_PYTHON) tests/setup python315
	COWBIRD_TEST_PYTHONS="$$($(REAL_PYTHON) tests/pythons --all | paste -sd:)" \
	    $(CMAKE) --preset dev -DCOWBIRD_PYTHON="$(REAL_PYTHON)" \
	    -DCOWBIRD_DEV_DIR="$(DEV)"
	$(CMAKE) --build build/dev -j $(JOBS)
	rm -f build/dev/test-skips/*
	for name in python314 python315; do \
	    test ! -f "$(DEV)/$$name.reason" || sed "s/^/matrix::$$name: /" \
	        "$(DEV)/$$name.reason" > build/dev/test-skips/$$name; done
	PATH="$(BIN):$$PATH" ctest --test-dir build/dev -j $(JOBS) \
	    -R '^(swap|plain|session|save|templates|stubs)\.' \
	    --output-on-failure $(ARGS); status=$$?; \
	    tests/skipped build/dev/test-skips; exit $$status

fuzz: env ## random signatures, hostile values; ROUNDS=50 SEED=1
	$(CMAKE) --preset dev -DCOWBIRD_PYTHON="$(REAL_PYTHON)" \
	    -DCOWBIRD_DEV_DIR="$(DEV)"
	$(CMAKE) --build build/dev -j $(JOBS)
	PATH="$(BIN):$$PATH" COWBIRD_PROGRAM="$(CURDIR)/build/dev/cli/cowbird" \
	    COWBIRD_TEST_FUZZ_ROUNDS="$(ROUNDS)" \
	    COWBIRD_TEST_FUZZ_SEED="$(SEED)" $(BIN)/python -m pytest -q \
	    -p no:cacheprovider tests/fuzz $(ARGS)

wheel: env ## build the wheel into build/wheel
	$(BIN)/python -m pip wheel --no-deps -w build/wheel .

env:
	@$(REAL_PYTHON) tests/setup env

clean: ## remove what was built
	rm -rf build

distclean: clean ## remove the set-up too
	rm -rf .cowbird-dev

# make demo   search, train, compare, draw and export on a small data set
# make check  lint, types, then the unit tests: two minutes
# make test   lint, types, then every test: what CI runs
# make lint   ruff alone
# make types  whether the public names have types
# make clean  remove what builds and tests leave, and the environment
#
# PYTHON=python3.12 makes the environment with another Python (3.11 to 3.13),
# JOBS=4 runs the tests in that many processes, TESTS="tests/search -k seed"
# chooses some of them, TESTS="-m traced" those of a tier.

PYTHON ?= python3
VENV ?= .venv
JOBS ?= 3
TESTS ?=

BIN := $(VENV)/bin
PYTEST = $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder
METADATA := setup.py pyproject.toml keras_darts/version.py

.PHONY: demo check test lint types clean

demo: $(VENV)/demo.stamp
	$(BIN)/python examples/demo.py

check: lint types
	$(PYTEST) -m unit $(TESTS)

test: lint types
	$(PYTEST) $(TESTS)

lint: $(VENV)/test.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/test.stamp
	$(BIN)/python tests/type_completeness.py

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/demo.stamp: EXTRA := litert
$(VENV)/test.stamp: EXTRA := test
$(VENV)/%.stamp: $(VENV)/pyvenv.cfg $(METADATA)
	@echo "Installing into $(VENV): a few minutes the first time"
	$(BIN)/python -m pip install --quiet --quiet --editable '.[$(EXTRA)]'
	@touch $@

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	    || { echo "Python 3.11, 3.12 or 3.13 is needed:" \
	    "make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

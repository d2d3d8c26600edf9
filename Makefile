# Two commands do everything on a bare machine: `make brief` and `make test`.
# tools/setup.sh prepares .venv and the system's libraries, and says nothing when they are there.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help brief check test listen fuzz bench random canary matrix mutants coverage pictures docs lock release clean setup setup-check setup-dev setup-listen

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

brief: setup ## set up what is missing, and build every brief into out/
	.venv/bin/tipbrief build --out out

check: setup-check ## set up what is missing, and run what a contributor runs first: lint, types, quick tests; no browser, no Java
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/pytest -q -m "not slow and not browser and not java" $(QUICK)

# The rooms whose tests build no documents and start no processes.
QUICK = tests/test_*.py tests/typeset/test_*.py $(addprefix tests/, check compare compose corrections handouts \
	language ledger load mail pdf starter)

test: setup-listen ## set up what is missing, and run all checks and all tests, the slow ones too
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/pytest -m ""

listen: setup-listen ## what Firefox, Chromium and the screen reader Orca tell of PDFs and HTML, against what is written there
	.venv/bin/pytest -m "" tests/listen

fuzz: setup-dev ## hostile files and command lines for an hour (FUZZ_SECONDS=3600); what is found goes to tests/fuzz/found
	.venv/bin/python -m tests.fuzz.hour

bench: setup-dev ## measure what builds cost, beside other programs; BEFORE=FOLDER: and another checkout; LONG=1: and the long parts
	.venv/bin/python bench/bench.py

random: setup-check ## build random publications whole, and list the sheets that the audit refuses; FIRST=76: this one; COUNT=9: and the next ones
	.venv/bin/python -m tests.random_builds $(FIRST) $(if $(FIRST),$(COUNT))

canary: setup-dev ## run the core of the tests with the newest WeasyPrint that can be installed, in an environment of its own
	.venv/bin/python -m tools.canary

matrix: setup-check ## run the quick tests on the wheel: each Python, lowest and newest packages; PYTHON=3.12 VERSIONS=lowest
	.venv/bin/nox --no-error-on-missing-interpreters $(if $(PYTHON),--python $(PYTHON)) $(if $(VERSIONS),-k $(VERSIONS))

mutants: setup-check ## plant faults that make wrong paper, and list those that no test finds; WORDS='compose ledger': some
	.venv/bin/python -m tools.mutants $(WORDS)

coverage: setup-dev ## run the tests that are not slow, and list the lines of src that none of them runs; PYTEST=tests/ledger: some
	.venv/bin/pytest --cov --cov-report=term-missing:skip-covered $(if $(PYTEST),--cov-fail-under=0 $(PYTEST))

pictures: setup-dev brief ## draw the pictures of the README, of the lesson and of the reference's blocks
	.venv/bin/tipbrief build country --only AFG --out out
	mkdir -p docs/pictures
	pdftoppm -r 60 -png -singlefile out/tip-2025-world.pdf docs/pictures/world
	pdftoppm -r 60 -png -singlefile out/tip-2025-country-AFG.pdf docs/pictures/country
	.venv/bin/python -m tools.block_pictures
	.venv/bin/python -m tools.lesson

docs: setup-check ## make the documentation site of README.md and docs/ in build/docs/; a broken link ends it
	.venv/bin/python -m sphinx -W --keep-going -q -c tools/documentation -d build/docs-read . build/docs
	@echo build/docs/index.html

lock: setup ## pin the newest versions that pyproject.toml and requirements*.in allow
	.venv/bin/python -m pip install --quiet uv
	$(COMPILE) pyproject.toml requirements.in -o requirements.txt
	$(COMPILE) requirements-dev.in -o requirements-dev.txt
	$(COMPILE) requirements-release.in -o requirements-release.txt
COMPILE = .venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --custom-compile-command "make lock"

release: setup ## build wheel and sdist of the newest commit into dist/, checked, with licences and SBOM; TAG=v1.2.3
	.venv/bin/python -m tools.release $(TAG)

clean: ## remove what the other targets made
	rm -rf .venv .nox .coverage out dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

setup:
	@tools/setup.sh

setup-check:
	@tools/setup.sh --check

setup-dev:
	@tools/setup.sh --dev

setup-listen:
	@tools/setup.sh --listen

# Everything happens inside this folder: environments, caches, logs and temporary files.
# Python 3.11 to 3.14 has to be there; nothing else does.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

ROOT := $(CURDIR)
UV_VERSION := 0.13.9
UV := $(shell command -v uv || echo $(ROOT)/.tools/uv/bin/uv)
PYTHON_RANGE := >=3.11,<3.15

export UV_CACHE_DIR ?= $(ROOT)/.cache/uv
export UV_PYTHON ?= $(PYTHON_RANGE)
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
# Plugins are started often: compile them once.
export UV_COMPILE_BYTECODE := 1
unexport PYTHONDONTWRITEBYTECODE
export PIP_CACHE_DIR := $(ROOT)/.cache/pip
export TMPDIR := $(ROOT)/.local/tmp

PYPROJECTS := pyproject.toml $(wildcard */pyproject.toml)
PACKAGES := responsys-io tap-responsys target-responsys responsys-sandbox responsys-status
CHECKED := $(PACKAGES) demo scripts bench fuzz orchestrate tests
SPELLED := $(PACKAGES) bench/*.py bench/*.md demo docs examples hub scripts transform/models Makefile meltano.yml mkdocs.yml *.md
RUN := PATH="$(ROOT)/.venv/bin:$$PATH"

.PHONY: help
help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: setup ## Run the whole loop on this machine: exports in, audiences out (no Oracle account)
	@$(RUN) responsys-sandbox run --days 14 -- python -m demo

.PHONY: test
test: setup ## Run the tests (PYTEST="-k ledger" selects)
	@$(RUN) pytest -n 3 --dist loadfile --no-loadscope-reorder $(PYTEST)

.PHONY: test-long
test-long: setup ## Run the tests that take longest (six minutes), which make test leaves out
	@$(RUN) pytest -n 2 --dist loadfile -m long $(PYTEST)

.PHONY: faults
faults: setup ## Run every case of the fault matrix, and print what became of each of its rows
	@$(RUN) PYTHONPATH=tests python -m support.faultmatrix -n 2 --dist loadfile $(PYTEST)

KILLS := 1000
SEED :=
.PHONY: chaos
chaos: setup ## Kill everything that takes part in runs (KILLS=1000 SEED=7 replays those of a seed)
	@$(RUN) PYTHONPATH=tests:. python -m support.chaos $(KILLS) $(SEED)

.PHONY: linefaults
linefaults: setup ## Read a gigabyte over 200 line faults, send 10,000 REST calls through a storm (SEED=7)
	@$(RUN) PYTHONPATH=tests:. python -m support.linefaults $(SEED)

.PHONY: planted
planted: setup ## Plant bugs in copies of the project, and see that the tests catch each (a quarter of an hour)
	@PYTHONPATH=tests $(RUN) python -m support.plantedbugs $(BUGS)

SECONDS ?= 60
TARGETS ?=
.PHONY: fuzz
fuzz: .venv-fuzz/.made ## Fuzz what reads from outside, SECONDS=60 for each target (TARGETS="archive answer" selects)
	@for target in $(or $(TARGETS),$(notdir $(wildcard fuzz/corpus/*))); do \
	    echo "$$target, $(SECONDS) s"; \
	    .venv-fuzz/bin/python -m fuzz "$$target" -max_total_time=$(SECONDS) -verbosity=0 -print_final_stats=1; \
	done

MEGABYTES ?= 1000
.PHONY: memory
memory: setup ## Compare the plugins' memory over 10 MB and over MEGABYTES=1000, which are made as they are read
	@PYTHONPATH=tests $(RUN) python -m support.memory $(MEGABYTES)

.PHONY: mutation
mutation: setup ## Change the modules that keep count, one thing at a time; 85 % have to be noticed
	@PYTHONPATH=tests $(RUN) python -m support.mutation $(MUTATION)

# The benchmark starts the tests' OpenSSH server.
BENCH := PYTHONPATH="$(ROOT)/tests" $(RUN) python -m bench

.PHONY: bench bench-quick bench-scale
bench: setup ## Measure the plugins beside their peers (40 minutes; result in bench/results)
	@$(BENCH) full
bench-quick: setup ## The same with small files, once (under three minutes)
	@$(BENCH) quick
bench-scale: setup ## Measure the tap over rows, files, columns and feeds (a quarter of an hour)
	@$(BENCH) scale

.PHONY: profile
profile: setup ## Show where the time of tap and target goes, with flame graphs
	@$(BENCH) profile

.PHONY: orchestrate-proof
orchestrate-proof: setup .venv-airflow/.made ## Load two accounts by Airflow with two workers; compare with one run (minutes)
	@$(RUN) pytest -m airflow -s tests/orchestrate

.PHONY: lint-orchestrate
lint-orchestrate: .venv-airflow-lint/.made ## Check the recipe of the container and the example for Kubernetes
	@.venv-airflow-lint/bin/hadolint orchestrate/Containerfile
	@.venv-airflow-lint/bin/yamllint --strict -c orchestrate/yamllint.yaml orchestrate
	@.venv-airflow-lint/bin/kubernetes-validate --strict --quiet orchestrate/kubernetes/*.yaml

.PHONY: lint
lint: .venv/.made ## Check style, types and spelling
	@$(RUN) ruff check $(CHECKED)
	@$(RUN) ruff format --check $(CHECKED)
	@$(RUN) mypy --strict $(PACKAGES) demo scripts
	@$(RUN) mypy --strict -p bench -p fuzz
	@$(RUN) mypy --strict -p orchestrate
	@$(RUN) mypy --strict --explicit-package-bases tests
	@$(RUN) bandit --quiet --recursive --configfile pyproject.toml $(PACKAGES)
	@$(RUN) codespell $(SPELLED)
	@$(RUN) zizmor --quiet --offline --persona pedantic .github

.PHONY: reference
reference: .venv/.made ## Rewrite what is generated (README tables and figures, meltano.yml, .env.example)
	@$(RUN) python scripts/generate_reference.py

.PHONY: docs
docs: .venv-docs/.made ## Build the documentation's site into .local/site, and fail at any warning
	@mkdir -p $(TMPDIR)
	@# With --quiet MkDocs would not count warnings.
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict >.local/docs.log 2>&1 \
	    || { cat .local/docs.log >&2; exit 1; }
	@echo "The site: .local/site/index.html"

.PHONY: lock-dbt
lock-dbt: | $(UV) ## Lock the packages that Meltano installs dbt with, after a change of transform/requirements.in
	@$(UV) pip compile --quiet --universal --python-version 3.11 --no-annotate \
	    --custom-compile-command "make lock-dbt" transform/requirements.in -o transform/requirements.txt

.PHONY: lock-airflow
lock-airflow: | $(UV) ## Lock what runs and checks the DAGs, after a change of orchestrate/*.in
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --custom-compile-command "make lock-airflow" orchestrate/requirements.in -o orchestrate/requirements.txt
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --custom-compile-command "make lock-airflow" orchestrate/lint.in -o orchestrate/lint.txt

.PHONY: audit
audit: | $(UV) ## Ask for known vulnerabilities of what is locked (needs the network)
	@$(UV) audit --locked

.PHONY: sbom
sbom: | $(UV) ## Write dist/sbom.cdx.json, the bill of materials of all packages
	@mkdir -p dist
	@$(UV) export --quiet --locked --all-packages --no-dev --format cyclonedx1.5 \
	    --preview-features sbom-export --output-file dist/sbom.cdx.json

.PHONY: wheels
wheels: | $(UV) ## Build the packages into dist, twice, and compare the two
	@mkdir -p $(TMPDIR)
	@UV=$(UV) scripts/build_packages dist

.PHONY: setup
setup: .venv/.made .meltano/.made ## Make the environments (done by demo and test)

.PHONY: clean
clean: ## Remove everything that was made here
	@rm -rf .venv .venv-meltano .venv-docs .venv-fuzz .venv-airflow .venv-airflow-lint .tools .meltano .cache .local .hypothesis .mypy_cache .pytest_cache .ruff_cache dist

$(ROOT)/.tools/uv/bin/uv:
	@mkdir -p $(TMPDIR)
	@echo "Fetching uv $(UV_VERSION) into .tools ..."
	@python=$$(for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	    "$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && echo "$$p" && break; \
	done) || { echo "Python 3.11 to 3.14 is needed and was not found." >&2; exit 1; }; \
	pip="-m pip install --quiet --disable-pip-version-check"; \
	if "$$python" -m venv .tools/uv >/dev/null 2>&1; then .tools/uv/bin/python $$pip uv==$(UV_VERSION); \
	else rm -rf .tools/uv; "$$python" $$pip --target .tools/uv uv==$(UV_VERSION); fi

.venv/.made: uv.lock $(PYPROJECTS) | $(UV)
	@mkdir -p $(TMPDIR)
	@echo "Installing the packages into .venv ..."
	@$(UV) sync --quiet --locked
	@touch $@

# Meltano pins its own click and SQLAlchemy: an environment of its own.
.venv-meltano/.made: uv.lock | $(UV)
	@mkdir -p $(TMPDIR)
	@echo "Installing Meltano into .venv-meltano ..."
	@UV_PROJECT_ENVIRONMENT=.venv-meltano $(UV) sync --quiet --locked --only-group meltano
	@touch $@

.venv-docs/.made: uv.lock | $(UV)
	@echo "Installing MkDocs into .venv-docs ..."
	@UV_PROJECT_ENVIRONMENT=.venv-docs $(UV) sync --quiet --locked --only-group docs
	@touch $@

# Airflow pins much of what it needs: an environment of its own.
.venv-airflow/.made: orchestrate/requirements.txt | $(UV)
.venv-airflow-lint/.made: orchestrate/lint.txt | $(UV)
.venv-airflow/.made .venv-airflow-lint/.made:
	@mkdir -p $(TMPDIR)
	@echo "Installing $(notdir $<) of orchestrate into $(@D) ..."
	@$(UV) venv --quiet --clear $(@D)
	@$(UV) pip install --quiet --python $(@D) --require-hashes -r $<
	@touch $@

.venv-fuzz/.made: uv.lock $(PYPROJECTS) | $(UV)
	@mkdir -p $(TMPDIR)
	@UV_PROJECT_ENVIRONMENT=.venv-fuzz $(UV) sync --quiet --locked --no-default-groups --group test --group fuzz
	@touch $@

# Every plugin gets an environment of its own from Meltano. Changed code needs no new installation.
.meltano/.made: .venv-meltano/.made meltano.yml transform/requirements.txt $(PYPROJECTS)
	@echo "Installing Meltano's plugins into .meltano ..."
	@scripts/meltano install >.local/install.log 2>&1 || { tail -n 20 .local/install.log >&2; exit 1; }
	@touch $@

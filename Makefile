# Every target does its own set-up; `make help` lists them.
PYTHON ?= python3
IN := .venv/bin/python -m
SETUP := $(PYTHON) -m run.setup
# Compiled modules are kept even where the environment says not to: a run starts a dozen processes that read them.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run flask test ui chaos bench check format messages requirements setup clean reset

help: ## Show these targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

run: ## Start everything: set-up, database, demo, web, worker, Stripe sandbox (PORT=8000, DEMO=no)
	@$(SETUP) && exec $(IN) run

flask: ## Run a command of the application: make flask ARGS="ledger verify"
	@$(SETUP) packages messages && exec $(IN) run flask $(ARGS)

test: ## Run all tests, browser story included (ARGS="tests/ledger -k close" for some)
	@$(SETUP) packages tools assets messages judges && exec $(IN) pytest -n logical --dist worksteal $(ARGS)

ui: ## Judge every page as every role in both languages; report in instance/ui (ARGS="--no-lighthouse --only grants.")
	@$(SETUP) packages tools assets messages judges slow-judges && exec $(IN) tests.ui $(ARGS)

chaos: ## Charge 5,000 cards while workers are killed, PostgreSQL crashes and answers are lost (CHARGES=, KILLS=, CRASHES=)
	@$(SETUP) packages messages && CHARGES=$(or $(CHARGES),5000) KILLS=$(or $(KILLS),80) CRASHES=$(or $(CRASHES),10) \
		exec $(IN) pytest -q -s tests/chaos/test_storm.py -k storm_leaves

bench: ## Measure pages and search with 100,000 campaigns against a hello-world (ARGS="search" for a part)
	@$(SETUP) && exec $(IN) bench $(ARGS)

check: ## Check format, style, types and the floors between rooms
	@$(SETUP) packages tools
	@failed=; for words in "ruff format --check ." "ruff check ." "mypy" "lint-imports --no-logo"; do \
		echo "· $$words"; .venv/bin/$$words || failed="$$failed [$$words]"; done; \
		if [ -n "$$failed" ]; then echo "make check failed:$$failed"; exit 1; fi

format: ## Format the code and mend what can be mended
	@$(SETUP) packages tools
	$(IN) ruff check --fix .
	$(IN) ruff format .

messages: ## Bring the translation catalogues up to date with code and templates
	@$(SETUP) packages && exec $(IN) run.messages update

requirements: ## Pin the newest allowed packages by hash
	@$(SETUP) packages tools
	for name in requirements-pip requirements requirements-run requirements-dev requirements-node; do CUSTOM_COMPILE_COMMAND="make requirements" \
		$(IN) piptools compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --output-file $$name.txt $$name.in || exit 1; done

setup: ## Only the set-up: packages, assets, translations
	@$(SETUP)

clean: ## Remove everything that set-up made; the data in instance/ stays
	rm -rf .venv .cache node_modules static/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} + ; find translations -name '*.mo' -delete

reset: ## Delete the demo and all data in instance/, so that the next start begins anew
	@$(SETUP) packages && exec $(IN) run reset

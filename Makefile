# Everything starts with one Python 3.11+; `make run PYTHON=python3.13` says which. See platform/config/install.py.
PYTHON ?= python3
IN     := .venv/bin/
.DEFAULT_GOAL := help
.PHONY: help install run test lint bench lab

help:     ## what can be made
	@sed -n 's/^\([a-z]*\): .*## /\1\t/p' Makefile | expand -t 10

install:  ## Python and front-end packages, built and translated, into this folder
	@$(PYTHON) -I platform/config/install.py

run: install  ## Kaskad with servers of its own and a demo workspace
	@$(IN)python manage.py up

lint: install  ## format, imports between layers, types, translations
	$(IN)ruff format --check . && $(IN)ruff check . && $(IN)lint-imports && $(IN)mypy && $(PYTHON) -I platform/config/install.py npm run --silent check && $(IN)python manage.py messages --check

test: lint  ## lint, then every test, with real servers and a real browser
	$(IN)pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not browser"
	$(IN)pytest -n 2 --dist loadfile --no-loadscope-reorder -m browser

bench: install  ## what things cost, in a table; ONLY=name,name for single lines
	$(IN)pytest tests/bench -q -s -p no:cacheprovider -o python_files="bench_*.py" -o python_functions="bench_*" --only "$(ONLY)"

lab: install  ## only the lab: messengers played on this machine, their bots and phones
	$(IN)python tests/lab/server.py --state var/lab.json

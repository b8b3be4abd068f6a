# Two commands do everything: `make demo` and `make test`. Both set up what they need; the second time is quick.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PY := .venv/bin/python
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help setup demo test lint format bench soak lock clean

help: ## show these lines
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

setup: ## make .venv with chartpost on it, build pages and data
	@scripts/setup

demo: setup ## synthetic people, served at https://localhost:8443
	@.venv/bin/chartpost demo

test: setup ## the whole suite, browser included, exactly what CI runs
	@scripts/test

lint: setup ## format, lint, size caps, types, imports, front end, docs
	@scripts/lint

format: setup ## put code in the house format
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

bench: setup ## compare with peers and limits; figures go to benchmarks/RESULTS.md
	@scripts/bench

soak: setup ## what is too long for the suite
	@scripts/soak

lock: setup ## resolve the lock files again
	@scripts/lock

clean: ## remove what setup made
	@rm -rf .venv .setup frontend/node_modules src/chartpost/static/built src/chartpost/formats/fhirjson/data

# What a developer types. `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# One configuration for demo and test, so that the second finds everything compiled.
CONFIG ?= debug
PREFIX ?= /usr/local
SWIFT ?= swift

BUILD_FLAGS := --explicit-target-dependency-import-check error
# The released program carries Swift's runtime in itself: it starts faster and needs no toolchain where it runs.
RELEASE_FLAGS := -c release --static-swift-stdlib
SWIFT_FILES = $$(find Sources Tests Benchmarks Package.swift -name '.build*' -prune -o -name '*.swift' -print)

# Demo and tests run pytest. Where the first python3 of the PATH has none (pyenv, conda), Debian's comes first, which
# `make setup` has given one.
PYTHON_PATH = $$(python3 -c 'import pytest' 2>/dev/null && echo "$$PATH" || echo "/usr/bin:$$PATH")

# Tests that start processes wait more than they compute; more at once than this only makes each of them slower.
TEST_WIDTH := SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=4

.PHONY: help setup build demo test bench format lint install clean tsan

help: ## List the targets
	@sed -nE 's/^([a-z]+):.*## (.*)$$/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## Install what the build and the tests need (Debian packages; asks sudo unless root)
	@.ci/setup

# The stamp spares every later call the questions to dpkg.
.build/setup.stamp: .ci/setup
	@.ci/setup
	@mkdir -p .build && touch $@

build: .build/setup.stamp ## Build baton and its sandbox launcher
	$(SWIFT) build -c $(CONFIG) $(BUILD_FLAGS)

demo: build ## Repair the examples: evidence, patch, apply, undo
	@PATH="$(PYTHON_PATH)" Examples/demo "$$($(SWIFT) build -c $(CONFIG) --show-bin-path)/baton"

test: .build/setup.stamp ## Run all tests
	PATH="$(PYTHON_PATH)" $(TEST_WIDTH) $(SWIFT) test -c $(CONFIG) $(BUILD_FLAGS) --disable-xctest

bench: .build/setup.stamp ## Measure against the limits of the machine, release build
	$(SWIFT) build $(RELEASE_FLAGS) $(BUILD_FLAGS)
	@PATH="$(PYTHON_PATH)" Benchmarks/run "$$($(SWIFT) build $(RELEASE_FLAGS) --show-bin-path)"

format: ## Format the Swift sources
	$(SWIFT) format --in-place --parallel $(SWIFT_FILES)

lint: ## Check format and style; fails on any finding
	$(SWIFT) format lint --strict --parallel $(SWIFT_FILES)
	@for script in .ci/* Examples/demo Benchmarks/run Benchmarks/*/run; do \
	  case "$$(head -n 1 "$$script")" in \
	    *bash) bash -n "$$script" ;; \
	    *python3) python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$$script" ;; \
	    *) echo "lint: $$script begins with no interpreter that is known" >&2; exit 1 ;; \
	  esac; \
	done

install: .build/setup.stamp ## Install the release build below PREFIX (default /usr/local)
	$(SWIFT) build $(RELEASE_FLAGS) $(BUILD_FLAGS)
	@built=$$($(SWIFT) build $(RELEASE_FLAGS) --show-bin-path) && set -x && \
	  install -D --strip "$$built/baton" "$(DESTDIR)$(PREFIX)/bin/baton" && \
	  install -D --strip "$$built/baton-sandbox" "$(DESTDIR)$(PREFIX)/libexec/baton/baton-sandbox"

tsan: .build/setup.stamp ## Run all tests under ThreadSanitizer (in a build folder of its own)
	PATH="$(PYTHON_PATH)" $(SWIFT) test --sanitize thread -Xswiftc -DBATON_TSAN --scratch-path .build/tsan --disable-xctest

clean: ## Remove everything that was built
	rm -rf .build

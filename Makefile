# `make` checks the format, builds and tests; `make help` lists the rest.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory --no-builtin-rules

PREFIX ?= /usr/local
# One configuration for program and tests: other flags would build everything twice. The package manager writes the flags of a package's
# traits in the order of a hashed set, another one each time, and with another order it compiles everything anew; so it hashes the same way
# each time, and builds the tests too. The tests themselves run without that: they must find what depends on an order.
BUILD := SWIFT_DETERMINISTIC_HASHING=1 swift build -c release
TEST := swift test -c release --disable-testable-imports --skip-build $(if $(FILTER),--filter '$(FILTER)')
PIPELINE := .build/release/pipeline
# The tests call libxgboost from many threads at once, which its OpenMP workers do not stand (see docs/decisions); so it has none there.
export OMP_THREAD_LIMIT := 1

.PHONY: all help setup build build-tests test test-all test-models soak sanitize-thread sanitize-address demo format format-check docs docs-check bench install uninstall clean check-all

all: format-check build test ## check the format, build and test (what plain `make` does)

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the missing system libraries (apt); says nothing when all are there
	@scripts/setup.sh

build: setup ## build the program: .build/release/pipeline
	@$(BUILD) 1>&2

build-tests:
	@scripts/setup.sh --tests
	@$(BUILD) --build-tests 1>&2

test: build-tests ## run the tests, or those named by FILTER=... (twenty minutes the first time, which compiles all)
	@$(TEST)

test-all: build-tests ## run the slow suites too, and those that need the shared data
	@scripts/test-all.sh $(TEST)

test-models: build-tests ## run the tests of a real model server: builds llama-cpp-python once (20 minutes), then two minutes
	@scripts/test-models.sh $(TEST) --filter RealServerTests

soak: build-tests ## 1,000 kills, 300 races, ten minutes of readers, and a file system that fails at every operation (hours)
	@PIPELINE_TEST_ALL=1 PIPELINE_SOAK_KILLS=1000 PIPELINE_SOAK_RACES=300 PIPELINE_SOAK_SECONDS=600 $(TEST) --filter 'SoakTests|FaultyFileTests|KilledRunTests'

sanitize-thread: ## build and run the tests under the thread sanitizer (hours)
	@scripts/setup.sh --tests
	@$(BUILD) --build-tests --sanitize=thread --scratch-path .build/thread 1>&2
	@scripts/sanitize.sh thread $(TEST) --sanitize=thread --scratch-path .build/thread

sanitize-address: ## build and run the tests under the address sanitizer (hours)
	@scripts/setup.sh --tests
	@$(BUILD) --build-tests --sanitize=address --scratch-path .build/address 1>&2
	@scripts/sanitize.sh address $(TEST) --sanitize=address --scratch-path .build/address

demo: build ## train and run jobs/fraud.yaml on the sample data, in demo/
	@scripts/demo.sh

format: ## rewrite the Swift sources as .swift-format says
	@swift format --in-place --recursive --parallel Sources Tests Package.swift

format-check: ## fail when a Swift source is not as .swift-format says
	@swift format lint --strict --recursive --parallel Sources Tests Package.swift

docs: build ## write docs/reference anew from the definitions in the code
	@$(PIPELINE) docs --out docs/reference

docs-check: build ## fail when docs/reference is not what the code says, or an example of the guides does not compile
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	$(PIPELINE) docs --out "$$folder"; \
	diff -ru docs/reference "$$folder" || { echo "error: docs/reference is out of date. Run 'make docs' and commit it." >&2; exit 1; }
	@scripts/check-guides.sh

bench: build ## measure time and memory beside the peers
	@Benchmarks/run.sh

install: build ## install the program and its shell completions below PREFIX (/usr/local)
	@install -D -m 755 $(PIPELINE) "$(DESTDIR)$(PREFIX)/bin/pipeline"
	@scripts/completions.sh $(PIPELINE) "$(DESTDIR)$(PREFIX)/share"

uninstall: ## remove what install put there
	@rm -f "$(DESTDIR)$(PREFIX)/bin/pipeline"
	@scripts/completions.sh --remove "$(DESTDIR)$(PREFIX)/share"

clean: ## remove the build and the demo
	@rm -rf .build demo

check-all: format-check build test-all docs-check ## everything that must pass before a release

# The two commands of the README are `make up` and `make test`.

export PATH := $(PATH):$(HOME)/.cargo/bin
# One runner for all tests; plain cargo where nextest is not installed.
TESTS := $(shell cargo nextest --version >/dev/null 2>&1 && echo "nextest run" || echo "test")
DATA ?= data
ONLY ?=

.PHONY: up test test-newest check generate bench graphiql clients prepare prepare-tests help

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

prepare:
	@scripts/prepare

prepare-tests:
	@scripts/prepare tests

up: prepare graphiql ## Run everything on this machine, with a demo tenant full of history
	cargo build --release --locked -p cli
	./target/release/tenantry up --demo --data $(DATA)

test: prepare-tests graphiql clients ## Run all tests
	cargo $(TESTS) --locked --all-features

test-newest: prepare-tests graphiql clients ## Run all tests on the newest PostgreSQL
	bin=$$(scripts/newest-postgres) && \
		TENANTRY_POSTGRES_BIN="$$bin" cargo $(TESTS) --locked --all-features

check: prepare graphiql ## Formatting, lints, documentation, dependencies
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked
	@if cargo deny --version >/dev/null 2>&1; then \
		cargo deny --offline check bans sources licenses; fi

generate: ## Write the generated files anew: OpenAPI, SDL, DDL, configuration
	TENANTRY_GENERATE=1 cargo $(TESTS) --locked --all-features -p tests generated

bench: prepare graphiql ## Measure beside the peers (ONLY=append for one)
	cargo build --release --locked -p bench -p cli
	./target/release/bench $(if $(ONLY),--only $(ONLY))

# GraphiQL, built into the binary so that it needs no other host.
graphiql: query-api/graphiql/dist/index.js

query-api/graphiql/dist/index.js: query-api/graphiql/package-lock.json query-api/graphiql/build.js $(wildcard query-api/graphiql/src/*)
	cd query-api/graphiql && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build

# What the tests have of other people's programs.
clients: tests/clients/node_modules/.package-lock.json tests/asyncapi/node_modules/.package-lock.json

%/node_modules/.package-lock.json: %/package-lock.json | prepare-tests
	cd $* && npm ci --no-audit --no-fund --loglevel=error

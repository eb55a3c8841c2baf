# The commands of this project. `make test` is everything that must hold before a change is merged.

CARGO ?= cargo

.PHONY: help test test-fast prepare fmt fmt-check lint unit doc deny bench run

help: ## This list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

test: prepare fmt-check lint unit ## Everything: installs what is missing, format, lints, all tests

test-fast: ## Rules of the house and tests of the crates, without the whole program and the browser
	$(CARGO) test --workspace --exclude socle
	$(CARGO) test -p socle --test socle -- tidy

prepare: ## Chromium, a C compiler, rustfmt and clippy, when they are missing
	@.ci/prepare

fmt: ## Writes every file in the project's format
	$(CARGO) fmt --all

fmt-check:
	$(CARGO) fmt --all --check

lint: ## Clippy on every target; a warning is an error
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

unit:
	$(CARGO) test --workspace --locked

doc: ## The documentation of the crates; a warning is an error
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked

deny: ## Licences, bans, known faults of dependencies (needs cargo-deny 0.18 or later)
	@command -v cargo-deny >/dev/null || { echo "cargo-deny is missing: cargo install cargo-deny --locked" >&2; exit 1; }
	$(CARGO) deny check

bench: ## Load benches on a release build; what they print is described in bench/
	$(CARGO) build --release --locked
	$(CARGO) run --release --locked -p socle-bench -- all

run: ## The demonstration region
	$(CARGO) run --release

# `make help` lists the targets. ARGS goes to the program that a target runs.
SHELL := /bin/sh
.DEFAULT_GOAL := help

BINARIES := cairn cairn-wfe cairn-ra cairn-va cairn-ca cairn-sa cairn-publisher
PACKAGES := $(addprefix --package ,$(BINARIES))
TARGET := $(or $(CARGO_TARGET_DIR),target)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: packages
packages:
	@deploy/setup/build-packages

.PHONY: build
build: packages ## Build the services and the cairn command
	cargo build $(PACKAGES)

.PHONY: run
run: build ## Run a complete CA on this machine: make run ARGS="--listen localhost:14000"
	@exec $(TARGET)/debug/cairn local $(ARGS)

.PHONY: planted
planted: packages
	cargo build --package cairn-ca --features planted-bug --bin cairn-ca-planted

.PHONY: test
test: build planted ## Run all tests, with real ACME clients at the end
	test/servers/install
	cargo test --workspace --quiet
	test/clients/install
	test/clients/run --cairn $(TARGET)/debug/cairn $(ARGS)

.PHONY: check
check: packages ## Formatting, lints, documentation, and which crate may depend on which
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --quiet
	test/architecture/deny

.PHONY: bench
bench: packages ## Measure issuances and validations per second, CPU and memory, with full optimization
	cargo build --release $(PACKAGES) --package cairn-bench
	$(TARGET)/release/cairn-bench $(ARGS)
	$(if $(ARGS),,$(TARGET)/release/cairn-bench validation)

.PHONY: chaos
chaos: build ## Issue certificates while services and PostgreSQL fail: make chaos ARGS="--seed 7"
	test/servers/install
	cargo build --package cairn-chaos
	$(TARGET)/debug/cairn-chaos $(ARGS)

.PHONY: bench-growth
bench-growth: packages ## Compare a CA with 5 million certificates in PostgreSQL to one with 100 thousand
	test/servers/install
	cargo build --release $(PACKAGES) --package cairn-bench
	$(TARGET)/release/cairn-bench growth $(ARGS)

.PHONY: fuzz
fuzz: packages ## Run every fuzz target for a while: make fuzz SECONDS=60
	test/fuzz/run $(or $(SECONDS),60)

.PHONY: images
images: ## Build a container image for each service, with podman or docker
	@deploy/images/build

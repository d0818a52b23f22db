.DEFAULT_GOAL := help
.PHONY: help run test lint

help:
	@echo 'make run    play: the whole bot, its simulator and the chat page in one process (ARGS=--open)'
	@echo 'make test   start or install what the tests talk to, then run all of them'
	@echo 'make lint   formatting, clippy, documentation and shell scripts, warnings as errors'

run:
	cargo run --locked -- $(ARGS)

test:
	deploy/test-services
	cargo test --workspace --locked

# shellcheck is optional on a desk; CI has it.
lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked
	@if command -v shellcheck >/dev/null; then shellcheck .ci/run deploy/apt-install deploy/test-services deploy/rabbitmq4; fi

.DEFAULT_GOAL := help
.PHONY: help run test test-again test-rabbitmq4 test-chart test-kubernetes chart-readme test-images test-compose images sbom bench chaos lint lint-deploy

help:
	@echo 'make run    play: the whole bot, its simulator and the chat page in one process (ARGS=--open)'
	@echo 'make test   start or install what the tests talk to, then run all of them'
	@echo 'make test-again   one suite of the playground again and again (SUITE=cluster TIMES=20 ARGS=outages)'
	@echo 'make test-rabbitmq4   run the queue tests and a short chaos on a RabbitMQ 4 of their own (needs root, for a chroot)'
	@echo 'make test-chart   check the chart without a cluster; brings helm and the checkers into $(CHART_TOOLS_DIR)'
	@echo 'make chart-readme write helm/gofrobot/README.md from the comments of values.yaml'
	@echo 'make test-kubernetes   install, scale, upgrade and break the chart on a real cluster (ARGS="try-out upgrade")'
	@echo 'make bench  measure rate, latency, processor time and memory on servers of its own (ARGS=--help)'
	@echo 'make chaos  break everything around the bot for ten minutes and check every update (ARGS=--help)'
	@echo 'make images        the images of the programs, with your Docker or, as root on Debian, with an engine of its own'
	@echo 'make test-images   what is in them, and that they run where a container may do nothing'
	@echo 'make test-compose  docker-compose.yml brought up, played, scaled, backed up and restored'
	@echo 'make lint-deploy   the Dockerfile as hadolint and checkov see it'
	@echo 'make sbom          what each program is made of, as CycloneDX in target/sbom'
	@echo 'make lint   formatting, clippy, documentation and shell scripts, warnings as errors'

run:
	cargo run --locked -- $(ARGS)

test:
	deploy/test-services
	cargo test --workspace --locked --no-fail-fast

# Is it a race? ARGS are the test program's own: a part of a test's name, --nocapture, ...
SUITE ?= cluster
TIMES ?= 20
test-again:
	cargo test --workspace --locked --no-run
	for round in $$(seq $(TIMES)); do \
		echo "== $(SUITE), round $$round of $(TIMES)"; \
		cargo test --workspace --locked --test $(SUITE) -- $(ARGS) || exit 1; \
	done

# Where RabbitMQ 4 is unpacked; it stays there for the next time.
RABBITMQ4_DIR ?= /var/tmp/gofrobot-rabbitmq4

test-rabbitmq4:
	@url=$$(deploy/rabbitmq4 start '$(RABBITMQ4_DIR)') || exit 1; \
	trap "deploy/rabbitmq4 stop '$(RABBITMQ4_DIR)'" EXIT; \
	TEST_QUEUE_URL=$$url cargo test -p gofrobot-shared --locked --test 'queue*'
	cargo build --workspace --locked
	TEST_RABBITMQ_SERVER='$(CURDIR)/deploy/rabbitmq4 exec $(RABBITMQ4_DIR)' \
		cargo test -p gofrobot --locked --test chaos nothing_is_lost

# Where helm and what checks the chart are built; they stay there for the next time.
export CHART_TOOLS_DIR ?= /var/tmp/gofrobot-chart-tools

test-chart:
	deploy/test-chart-tools '$(CHART_TOOLS_DIR)'
	cargo test -p gofrobot-deploy --locked --test chart

chart-readme:
	deploy/test-chart-tools '$(CHART_TOOLS_DIR)'
	'$(CHART_TOOLS_DIR)/bin/helm-docs' --log-level error --chart-search-root helm

# An engine of our own, where none runs, and compose, where there is none, stay there for the next time.
ENGINE_DIR ?= /var/tmp/gofrobot-engine
with_engine = DOCKER_HOST=$$(deploy/test-engine start '$(ENGINE_DIR)') && export DOCKER_HOST PATH='$(ENGINE_DIR)/bin':$$PATH

images:
	deploy/test-engine images '$(ENGINE_DIR)'
	$(with_engine) && deploy/build-images $(BUILD_ARGS)

test-images: images
	$(with_engine) && cargo test -p gofrobot-deploy --locked --test images -- --nocapture

test-compose: images
	deploy/test-engine compose '$(ENGINE_DIR)'
	$(with_engine) && cargo test -p gofrobot-deploy --locked --test compose -- --nocapture --test-threads 1

# hadolint and checkov from PyPI, in a folder of their own.
LINT_DIR ?= /var/tmp/gofrobot-lint

lint-deploy:
	deploy/lint '$(LINT_DIR)'

sbom:
	deploy/sbom

# Where the programs of the cluster are, and stay for the next time. KEEP=1 leaves the cluster running.
CLUSTER_DIR ?= /var/tmp/gofrobot-cluster

test-kubernetes: images
	cargo build -p gofrobot-deploy --test kubernetes --locked
	deploy/test-cluster build '$(CLUSTER_DIR)'
	@kubeconfig=$$(deploy/test-cluster up '$(CLUSTER_DIR)') || exit 1; \
	[ '$(KEEP)' ] || trap "deploy/test-cluster down '$(CLUSTER_DIR)'" EXIT; \
	($(with_engine) && deploy/test-cluster load '$(CLUSTER_DIR)') || exit 1; \
	TEST_KUBECONFIG=$$kubeconfig PATH='$(CLUSTER_DIR)/bin':"$$PATH" \
		cargo test -p gofrobot-deploy --test kubernetes --locked -- $(ARGS)

bench:
	cargo build --release --workspace --locked
	target/release/gofrobot bench $(ARGS)

chaos:
	cargo build --workspace --locked
	cargo run --locked -- chaos $(ARGS)

# shellcheck is optional on a desk; CI has it.
lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy -p gofrobot-deploy --test chart --test images --test compose --test kubernetes --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked
	@if command -v shellcheck >/dev/null; then shellcheck .ci/run deploy/apt-install deploy/test-services deploy/rabbitmq4 \
		deploy/backup.sh deploy/build-images deploy/lint deploy/sbom deploy/test-chart-tools deploy/test-engine deploy/standins/*.sh \
		deploy/test-cluster deploy/cluster/build deploy/cluster/up deploy/cluster/node deploy/cluster/down; fi

# In the place of the official image of Rust: the machine's own toolchain and certificates, put into this folder by
# deploy/test-engine.
FROM debian:bookworm-slim
LABEL gofrobot.stand-in="the machine's Rust on Debian 12, for tests"
RUN apt-get update -q \
    && apt-get install -qy --no-install-recommends ca-certificates gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
COPY toolchain /usr/local
COPY ca-certificates.crt /etc/ssl/certs/

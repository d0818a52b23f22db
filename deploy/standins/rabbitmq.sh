#!/bin/sh
# The entry point of the stand-in for RabbitMQ. RABBITMQ_DEFAULT_USER, _PASS and _VHOST are the server's own variables.
set -e

if [ "$(id -u)" = 0 ]; then
    case $1 in
    rabbitmq*)
        chown -R rabbitmq:rabbitmq /var/lib/rabbitmq
        exec setpriv --reuid rabbitmq --regid rabbitmq --init-groups "$0" "$@"
        ;;
    esac
fi
exec "$@"

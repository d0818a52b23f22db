#!/bin/sh
# The entry point of the stand-in for Redis.
set -e

case $1 in
-* | *.conf) set -- redis-server "$@" ;;
esac
if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
    chown -R redis:redis .
    exec setpriv --reuid redis --regid redis --init-groups "$0" "$@"
fi
# The original is built without the protection against a server that is reached from outside and has no password.
if [ "$1" = redis-server ]; then
    shift
    set -- redis-server --protected-mode no "$@"
fi
exec "$@"

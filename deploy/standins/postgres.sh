#!/bin/sh
# The entry point of the stand-in for PostgreSQL: makes the database that POSTGRES_USER, _PASSWORD and _DB name when
# there is none yet in PGDATA, and then ignores them, as the original does.
set -e

case $1 in
-*) set -- postgres "$@" ;;
esac
[ "$1" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA"
    chown -R postgres:postgres "$PGDATA" /var/run/postgresql
    exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    user=${POSTGRES_USER:-postgres} method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
    if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
        POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    fi
    if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "$method" != trust ]; then
        echo 'Error: Database is uninitialized and superuser password is not specified.' >&2
        echo '       You must specify POSTGRES_PASSWORD to a non-empty value for the superuser.' >&2
        exit 1
    fi
    mkdir -p "$PGDATA"
    chmod 700 "$PGDATA" 2>/dev/null || :
    password=$(mktemp)
    printf '%s\n' "${POSTGRES_PASSWORD:-none}" >"$password"
    # shellcheck disable=SC2086 # the arguments are words
    initdb -D "$PGDATA" -U "$user" --pwfile="$password" --auth-local=trust --auth-host="$method" ${POSTGRES_INITDB_ARGS:-}
    rm "$password"
    printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
    pg_ctl -D "$PGDATA" -w -o "-c listen_addresses=''" start
    [ "${POSTGRES_DB:-$user}" = postgres ] || createdb -U "$user" "${POSTGRES_DB:-$user}"
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
        *.sql) psql -v ON_ERROR_STOP=1 -U "$user" -d "${POSTGRES_DB:-$user}" -f "$file" ;;
        *.sh) sh "$file" ;;
        esac
    done
    pg_ctl -D "$PGDATA" -w -m fast stop
    echo 'PostgreSQL init process complete; ready for start up.'
fi
exec "$@"

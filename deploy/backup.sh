#!/bin/sh
# Dumps the database every night, and restores a dump. Runs in the image of PostgreSQL, so that pg_dump is as new as the
# server; reached by docker compose (docs/src/operate/backup.md).
#
#   nightly         a dump every day at BACKUP_AT (UTC), for ever
#   now             one dump
#   list            the dumps, oldest first
#   restore FILE    puts a dump (or `latest`) in the place of what is there, all of it or nothing
#   check           fails when the latest dump is older than a day and an hour, or missing a day after the start
#
# Where: PGHOST, PGUSER, PGPASSWORD, PGDATABASE. The newest BACKUP_KEEP dumps stay in /backups.
set -eu

folder=/backups
say() { printf 'backup: %s\n' "$*"; }
die() {
    printf 'backup: %s\n' "$*" >&2
    exit 1
}

dumps() { find "$folder" -maxdepth 1 -name 'gofrobot-*.dump' | sort; }

# A dump has its name only once it is complete.
now() {
    name=gofrobot-$(date -u +%Y%m%dT%H%M%SZ).dump
    begun=$(date +%s)
    rm -f "$folder"/*.part
    pg_dump --format=custom --no-owner --no-privileges --file="$folder/$name.part" ||
        die "no dump of $PGDATABASE at $PGHOST: the reason is above; the earlier dumps are kept"
    mv "$folder/$name.part" "$folder/$name"
    say "$name, $(wc -c <"$folder/$name") bytes, in $(($(date +%s) - begun)) s"
    dumps | head -n "-$BACKUP_KEEP" | while read -r old; do
        rm "$old"
        say "${old##*/} is gone: $BACKUP_KEEP dumps are kept"
    done
}

nightly() {
    touch /tmp/started
    while :; do
        at=$(date -u -d "$BACKUP_AT" +%s 2>/dev/null) || die "BACKUP_AT: '$BACKUP_AT' is no time; expected HH:MM, in UTC"
        wait=$((at - $(date +%s)))
        [ "$wait" -gt 0 ] || wait=$((wait + 86400))
        say "the next dump begins in $wait s, at $BACKUP_AT UTC"
        sleep "$wait"
        # In a shell of its own: a night without a dump ends nothing, and `check` tells of it.
        (now) || :
    done
}

restore() {
    file=${1:?name a dump, see list, or say latest}
    [ "$file" != latest ] || file=$(dumps | tail -n 1)
    file=$folder/${file##*/}
    [ -f "$file" ] || die "no dump ${file##*/} in the folder of backups: see list"
    others=$(psql -qAtc "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'")
    [ "$others" = 0 ] || die "$others connections use $PGDATABASE: stop the workers first (docker compose stop ingress worker)"
    # In one transaction, which is committed only when the dump was read to its end. What came after the dump, newer
    # tables too, goes.
    rm -f /tmp/read
    {
        echo 'BEGIN; DROP SCHEMA public CASCADE; CREATE SCHEMA public;'
        pg_restore --no-owner --no-privileges --file=- "$file" && echo 'COMMIT;' && touch /tmp/read
    } | psql -q -v ON_ERROR_STOP=1 >/dev/null || rm -f /tmp/read
    [ -e /tmp/read ] || die "${file##*/} was not restored, and nothing was changed: the reason is above"
    say "$PGDATABASE is as it was in ${file##*/}"
}

check() {
    [ -z "$(find /tmp/started -mmin +1500)" ] || [ -n "$(find "$folder" -maxdepth 1 -name 'gofrobot-*.dump' -mmin -1500)" ] ||
        die 'the latest dump is older than 25 hours: the reason is in the log'
}

case ${BACKUP_KEEP:-} in
'' | *[!0-9]* | 0*) die "BACKUP_KEEP: '${BACKUP_KEEP:-}' is no number of dumps; expected 1 or more" ;;
esac
case ${1:-} in
nightly | now | check) "$1" ;;
list) dumps | while read -r file; do say "${file##*/}, $(wc -c <"$file") bytes"; done ;;
restore) restore "${2:-}" ;;
*) die 'say nightly, now, list, restore FILE or check' ;;
esac

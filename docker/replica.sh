#!/bin/sh
# What the containers of the profile `replica` run.
# `account` makes, on the writer, the account that a replica follows it with; run as its owner.
# Anything else is options for PostgreSQL, which runs as a replica: on its first start it copies
# the writer. Promoted (`pg_ctl promote`), it takes writes, and does so again when it is restarted.
set -eu

secrets=${SECRETS_FOLDER:-/run/secrets}
writer=${WRITER_HOST:-postgres}
port=${WRITER_PORT:-5432}
account=plans_replica
slot=plans_replica

if [ "${1:-}" = account ]; then
    PGPASSWORD=$(cat "$secrets/owner_password")
    export PGPASSWORD
    exec psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --set=account="$account" \
        --set=secret="$secrets/replication_password" \
        "host=$writer port=$port user=plans_owner dbname=plans" <<'SQL'
SET log_statement TO 'none';
\set password `cat :secret`
SELECT format('CREATE ROLE %I', :'account')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'account') \gexec
ALTER ROLE :"account" LOGIN REPLICATION PASSWORD :'password';
SQL
fi

# libpq reads the password from a file that nobody else may read.
umask 077
PGPASSFILE=$(mktemp)
export PGPASSFILE
printf '*:*:*:%s:%s\n' "$account" "$(sed 's/[\\:]/\\&/g' "$secrets/replication_password")" \
    >"$PGPASSFILE"
address="host=$writer port=$port user=$account application_name=$account passfile=$PGPASSFILE"

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    # The slot keeps on the writer what the replica has not taken yet, while it is away.
    psql --no-psqlrc --quiet --no-password --set=ON_ERROR_STOP=1 "$address dbname=plans" <<SQL
SELECT pg_create_physical_replication_slot('$slot')
WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '$slot') \g /dev/null
SQL
    # Copied beside and renamed: an interrupted copy leaves nothing that looks complete.
    copy=$PGDATA.copy
    rm -rf "$copy"
    mkdir -p "$copy"
    pg_basebackup --dbname="$address" --no-password --pgdata="$copy" --slot="$slot" \
        --wal-method=stream --checkpoint=fast
    touch "$copy/standby.signal"
    if [ -d "$PGDATA" ]; then
        rmdir "$PGDATA"
    fi
    mv "$copy" "$PGDATA"
fi

exec postgres -D "$PGDATA" -c primary_conninfo="$address" -c primary_slot_name="$slot" "$@"

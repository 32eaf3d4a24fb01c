#!/bin/sh
# What a container of the image runs: `web`, `worker`, `courier` and `beat` are the processes of the site,
# `healthy-…` asks whether one of them is well, anything else is run as it is written.
# The words are those of `make run` (config/launch.py).
set -eu

# A secret is a file with the name of its variable; a variable that is set wins.
for file in "${SECRETS_FOLDER:-/run/secrets}"/*; do
    name=${file##*/}
    case $name in "*" | *[!A-Z0-9_]*) continue ;; esac
    if eval "[ -z \"\${$name:-}\" ]"; then
        export "$name=$(cat "$file")"
    fi
done

# Run the web server until it is told to stop. It first says so (/readyz, /openz) and goes on for
# DRAIN_SECONDS, so that whoever sends visitors here sends them elsewhere; then what is under way is
# finished. Told twice, it does not wait.
serve() {
    # Read by its processes; named by this process, so that an earlier one's is not taken for ours.
    export DRAINING_FILE="${TMPDIR:-/tmp}/plans-ia-draining-$$"
    rm -f "$DRAINING_FILE"
    told=
    trap 'told=yes' TERM INT
    "$@" &
    server=$!
    code=0
    wait "$server" || code=$?
    if [ -n "$told" ]; then
        : > "$DRAINING_FILE"
        sleep "${DRAIN_SECONDS:-5}" &
        wait $! || true
        trap '' TERM INT
        kill -TERM "$server" 2>/dev/null || true
        code=0
        wait "$server" || code=$?
    fi
    rm -f "$DRAINING_FILE"
    exit "$code"
}

# A folder of its own, so that a volume can be mounted there.
beat_folder=${DATA_DIR:-.data}/beat

case ${1:-} in
web)
    # Where its processes count for Prometheus: counts of an earlier start are not theirs.
    export PROMETHEUS_MULTIPROC_DIR="${PROMETHEUS_MULTIPROC_DIR:-/tmp/plans-ia-metrics}"
    rm -rf "$PROMETHEUS_MULTIPROC_DIR"
    mkdir -p "$PROMETHEUS_MULTIPROC_DIR"
    # Threads share two heaps: one for each of them takes 10 MB more.
    export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
    serve granian --interface wsgi --host "${HOST:-0.0.0.0}" --port "${PORT:-8000}" \
        --workers "${WEB_WORKERS:-2}" --blocking-threads "$((${WEB_THREADS:-4} * 16))" \
        --respawn-failed-workers --workers-kill-timeout 10 \
        --log-level warning --log-config config/web_server_log.json config.wsgi:application
    ;;
worker)
    exec celery --app config.celery --quiet worker --concurrency "${WORKER_CONCURRENCY:-2}" \
        --hostname "worker@%h" --loglevel warning --without-gossip --without-mingle
    ;;
courier)
    exec celery --app config.celery --quiet worker --queues webhooks --pool threads \
        --concurrency "${COURIER_CONCURRENCY:-16}" --hostname "courier@%h" \
        --loglevel warning --without-gossip --without-mingle
    ;;
beat)
    mkdir -p "$beat_folder"
    exec celery --app config.celery --quiet beat --loglevel warning \
        --schedule "$beat_folder/state" --pidfile ""
    ;;
healthy-web)
    exec python "$(dirname "$0")/healthy_web.py" /healthz
    ;;
ready-web)
    exec python "$(dirname "$0")/healthy_web.py" /readyz
    ;;
healthy-worker)
    exec celery --app config.celery --quiet inspect ping --timeout 5 \
        --destination "worker@$(hostname)"
    ;;
healthy-courier)
    exec celery --app config.celery --quiet inspect ping --timeout 5 \
        --destination "courier@$(hostname)"
    ;;
healthy-beat)
    # It writes its state every few minutes for as long as it goes round.
    [ -n "$(find "$beat_folder" -name "state*" -mmin -15)" ]
    ;;
*)
    exec "$@"
    ;;
esac

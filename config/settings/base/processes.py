"""How many processes and threads do the work, and how the web server says that it goes."""

from config.environment import env

WEB_WORKERS = env.whole("WEB_WORKERS", default=2, least=1, most=256)
WEB_THREADS = env.whole("WEB_THREADS", default=4, least=1, most=256)
WORKER_CONCURRENCY = env.whole("WORKER_CONCURRENCY", default=2, least=1, most=256)
COURIER_CONCURRENCY = env.whole("COURIER_CONCURRENCY", default=16, least=1, most=256)
# There once the web server is told to stop (docker/entrypoint.sh).
DRAINING_FILE: str = env.str("DRAINING_FILE", default="")

"""The test run: fast where speed changes nothing, real everywhere else."""

import os

from config.file_storage import FOLDER
from config.redis_urls import broker_url, cache_url
from config.replicas import REPLICA
from config.settings.base import *
from config.settings.base import application, cache, databases

SECRET_KEY = "only-for-the-test-run"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# The browser of the tests opens http://localhost.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True

# Tests read static files where they are written; the launcher's tests cover the collected ones.
# Whatever the environment says, files go to no bucket but those of the tests of storage.
MIDDLEWARE = [name for name in application.MIDDLEWARE if not name.startswith("whitenoise.")]
STORAGES = {
    "default": FOLDER,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# Each process of a parallel run has a cache and a queue of its own, as it has a database. The first
# two numbers are left alone: a worker that a test starts takes number 1 for its cache.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
cache.CACHES["default"]["LOCATION"] = cache_url(cache.REDIS_URL, 2 * _worker + 3)
cache.CACHES["sessions"]["LOCATION"] = cache_url(cache.REDIS_URL, 2 * _worker + 2)
CELERY_BROKER_URL = broker_url(cache_url(cache.REDIS_URL, 2 * _worker + 2))

databases.DATABASES["default"]["CONN_MAX_AGE"] = 0
# The run makes databases of its own, and their tables: tests of the application's role take it on.
databases.DATABASES["default"].update(databases.MIGRATION_DATABASE)
# Tests of the replica read the same database through a connection of its own.
databases.DATABASES[REPLICA] = {
    **databases.DATABASES["default"],
    "ENGINE": "config.replicas.reader",
    "CONN_HEALTH_CHECKS": False,
    "TEST": {"MIRROR": "default"},
}
READS_REPLICA = False

# A test that is rolled back commits nothing, hence gives no edition: those of the kept answers
# switch it on.
PUBLIC_ANSWERS = {**cache.PUBLIC_ANSWERS, "kept": False}

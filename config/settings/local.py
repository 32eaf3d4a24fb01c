"""One machine, one command: what `make run` and `manage.py` use unless told otherwise."""

import socket

from django.core.management.utils import get_random_secret_key

from config.environment import env
from config.settings.base import *
from config.settings.base import site
from config.settings.base.folders import layout

# `make run` keeps a key of its own in the data folder, so that sessions outlive a restart.
SECRET_KEY = env.str("SECRET_KEY", default="") or layout.secret_key() or get_random_secret_key()

ALLOWED_HOSTS = [
    *site.ALLOWED_HOSTS,
    "localhost",
    "127.0.0.1",
    "[::1]",
    site.HOST,
    socket.gethostname(),
]

# Browsers allow passkeys on http://localhost, and nowhere else without HTTPS.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True

"""A public installation: nothing has a default that would be unsafe to forget."""

from django.core.exceptions import ImproperlyConfigured

from config.environment import env, is_example
from config.replicas import REPLICA
from config.settings.base import *
from config.settings.base import databases, files, identity_provider, mail, site, watching

SECRET_KEY: str = env.str("SECRET_KEY", default="")
SHORTEST_SECRET = 50

if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set: production does not start without it.")
if len(SECRET_KEY) < SHORTEST_SECRET or len(set(SECRET_KEY)) < 5 or is_example(SECRET_KEY):
    raise ImproperlyConfigured(
        f"SECRET_KEY is too weak: give at least {SHORTEST_SECRET} random characters."
    )
for _name in ("DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "BASE_URL"):
    if not env.str(_name, default=""):
        raise ImproperlyConfigured(f"{_name} is not set: production does not start without it.")
for _name, _secret in {
    "DATABASE_URL": databases.DATABASES["default"].get("PASSWORD"),
    "DATABASE_REPLICA_URL": databases.DATABASES.get(REPLICA, {}).get("PASSWORD"),
    "MIGRATION_DATABASE_URL": databases.MIGRATION_DATABASE.get("PASSWORD"),
    "OIDC_CLIENT_SECRET": identity_provider.OIDC_CLIENT_SECRET,
    "METRICS_TOKEN": watching.METRICS_TOKEN,
    "S3_SECRET_KEY": files.S3_SECRET_KEY,
    "EMAIL_URL": mail.EMAIL_HOST_PASSWORD,
}.items():
    if _secret and is_example(_secret):
        raise ImproperlyConfigured(f"{_name} holds a password that everybody knows.")
if site.DEBUG:
    raise ImproperlyConfigured("DEBUG is on: production does not start with it.")

# A log that outlives the moment is no place for a password: `manage.py create_staff_login`.
FIRST_LOGIN = env.bool("FIRST_LOGIN", default=False)

LOG_FORMAT = env.choice("LOG_FORMAT", default="JSON", allowed=("LINE", "JSON"))
watching.LOGGING["handlers"]["stderr"]["formatter"] = LOG_FORMAT
ACCESS_LOG = env.bool("ACCESS_LOG", default=True)

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = env.whole("SECURE_HSTS_SECONDS", default=31_536_000, least=0, most=63_072_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
# With these names browsers take the cookies from this very host over HTTPS, from no neighbour.
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Attempts to sign in are counted per visitor, not all together as the proxy's.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1

# Preloading binds a whole domain in every browser: the owner of the domain asks for that.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

"""Settings that hold everywhere. What comes from the environment is listed in docs/settings.md."""

from pathlib import Path
from typing import Any

from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _

from config.embedded.paths import Layout
from config.environment import Environment, local_address
from config.redis_urls import broker_url, cache_url

env = Environment()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
layout = Layout.from_environment()
DATA_DIR = layout.data

DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Where the web server listens, and where the site is reached from outside: the base of absolute
# links in mails, feeds and the API.
HOST: str = env.str("HOST", default="127.0.0.1")
PORT = env.whole("PORT", default=8000, least=1, most=65535)
BASE_URL: str = env.str("BASE_URL", default=local_address(HOST, PORT)).rstrip("/")
WEB_WORKERS = env.whole("WEB_WORKERS", default=2, least=1, most=256)
WEB_THREADS = env.whole("WEB_THREADS", default=4, least=1, most=256)
WORKER_CONCURRENCY = env.whole("WORKER_CONCURRENCY", default=2, least=1, most=256)
# A new installation makes a superuser and shows the password once.
FIRST_LOGIN = env.bool("FIRST_LOGIN", default=True)

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "dashboards",
    "exchange",
    "indicators",
    "measures",
    "objectives",
    "plans",
    "accounts",
    "django_filters",
    "rest_framework",
    "pgtrigger",
    "pghistory",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboards.context_processors.site",
            ],
        },
    },
]

# What only whoever runs the site knows; the legal pages say so where one of them is empty.
SITE: dict[str, str] = {
    "name": env.str("SITE_NAME", default="Les plans IA des régions"),
    "publisher": env.str("SITE_PUBLISHER", default=""),
    "publisher_address": env.str("SITE_PUBLISHER_ADDRESS", default=""),
    "publisher_phone": env.str("SITE_PUBLISHER_PHONE", default=""),
    "publication_director": env.str("SITE_PUBLICATION_DIRECTOR", default=""),
    "host": env.str("SITE_HOST", default=""),
    "host_address": env.str("SITE_HOST_ADDRESS", default=""),
    "host_phone": env.str("SITE_HOST_PHONE", default=""),
    "contact_email": env.str("SITE_CONTACT_EMAIL", default=""),
    "accessibility_email": env.str("SITE_ACCESSIBILITY_EMAIL", default=""),
    "dpo_contact": env.str("SITE_DPO_CONTACT", default=""),
    "source_code_url": env.str("SITE_SOURCE_CODE_URL", default=""),
}

# Data

DATABASE_URL: str = env.str("DATABASE_URL", default="")
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        **(env.db_url_config(DATABASE_URL) if DATABASE_URL else layout.database),
    }
}

REDIS_URL: str = env.str("REDIS_URL", default="") or layout.redis_url

CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": cache_url(REDIS_URL),
        "KEY_PREFIX": "plans",
    }
}

# Language and time

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("français")), ("en", _("anglais"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

# Accounts

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Static files: collected with a hash in their name, compressed, served by the site itself.

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "media"

# Mail

_mail: dict[str, Any] = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND: str = _mail["EMAIL_BACKEND"]
EMAIL_HOST: str = _mail.get("EMAIL_HOST") or "localhost"
EMAIL_PORT: int = _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER: str = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD: str = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS: bool = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL: bool = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="plans-ia@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Deferred work

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
# A task is done when it has ended, not when it was fetched: a worker that dies gives it back.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "refresh-progress": {
        "task": "indicators.tasks.refresh_all_progress",
        "schedule": crontab(hour=0, minute=5),
    },
}

# API: nothing is open that does not say so.

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}

# An address typed without its scheme is taken as https (Django 6 will do so by itself).
FORMS_URLFIELD_ASSUME_HTTPS = True

# Browser

X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# Logs go to standard error; whoever runs the site keeps them.

LOG_LEVEL = env.choice(
    "LOG_LEVEL", default="INFO", allowed=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
)
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers would print each line twice.
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
    },
}

# The audit trail is only ever added to.
PGHISTORY_APPEND_ONLY = True

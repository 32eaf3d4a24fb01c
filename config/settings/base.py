"""Settings that hold everywhere. What comes from the environment is listed in docs/settings.md."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _

from config.embedded.paths import Layout
from config.environment import Environment, local_address
from config.file_storage import file_storage
from config.openid_connect import openid_connect_apps
from config.redis_urls import SOON, broker_url, cache_url
from config.replicas import REPLICA
from config.security import content_policy, origins

env = Environment()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
layout = Layout.from_environment()
DATA_DIR = layout.data

VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]

DEBUG = env.bool("DEBUG", default=False)
# Former values of SECRET_KEY, which still read what they signed or encrypted.
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
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
COURIER_CONCURRENCY = env.whole("COURIER_CONCURRENCY", default=16, least=1, most=256)
# There once the web server is told to stop (docker/entrypoint.sh).
DRAINING_FILE: str = env.str("DRAINING_FILE", default="")
# A new installation makes a superuser and shows the password once.
FIRST_LOGIN = env.bool("FIRST_LOGIN", default=True)

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "agent",
    "dashboards",
    "exchange",
    "indicators",
    "measures",
    "objectives",
    "plans",
    "accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
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
    "config.requests.RequestIdMiddleware",
    "config.health.HealthMiddleware",
    "config.security.KnownHostMiddleware",
    # Around all the others: what it keeps of a public answer has the headers that they add.
    "config.public_answers.middleware.PublicAnswersMiddleware",
    "config.security.SecurityHeadersMiddleware",
    "plans.api_support.middleware.ApiMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.sessions.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "accounts.middleware.AccountPagesMiddleware",
    "agent.middleware.StaffPagesMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
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
                "agent.context_processors.person",
            ],
        },
    },
]

# What only whoever runs the site knows; the legal pages say so where one of them is empty.
SITE: dict[str, str] = {
    "name": env.str("SITE_NAME", default="Les plans IA des régions"),
    "publisher": env.str("SITE_PUBLISHER", default=""),
    "publisher_siret": env.str("SITE_PUBLISHER_SIRET", default=""),
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
        **(
            env.database(DATABASE_URL, env.str("DATABASE_PASSWORD", default=""))
            if DATABASE_URL
            else layout.database
        ),
    }
}

# Answers to the public are made on a server that follows the writer, where there is one.
DATABASE_REPLICA_URL: str = env.str("DATABASE_REPLICA_URL", default="")
READS_REPLICA = bool(DATABASE_REPLICA_URL)
if READS_REPLICA:
    DATABASES[REPLICA] = {
        "CONN_MAX_AGE": 60,
        # Each answer begins with a question to it, and has another server to be asked of.
        "CONN_HEALTH_CHECKS": False,
        **env.replica(DATABASE_REPLICA_URL, DATABASES["default"].get("PASSWORD", "")),
    }
DATABASE_ROUTERS = ["config.replicas.router.Router"]

# Migrations and what must get past the application's own limits run as the owner of the tables;
# without an address of its own the application's account is both, where the servers are yours.
MIGRATION_DATABASE_URL: str = env.str("MIGRATION_DATABASE_URL", default="")
MIGRATION_DATABASE: dict[str, Any] = {} if DATABASE_URL else {**layout.owner_database}
if MIGRATION_DATABASE_URL:
    MIGRATION_DATABASE = env.database(
        MIGRATION_DATABASE_URL, env.str("MIGRATION_DATABASE_PASSWORD", default="")
    )

REDIS_URL: str = env.str("REDIS_URL", default="") or layout.redis_url

CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "config.cache.RedisCache",
        "LOCATION": cache_url(REDIS_URL),
        "KEY_PREFIX": "plans",
        # A page does without the cache sooner than it waits for it.
        "OPTIONS": {**SOON},
    },
    # Beside the queue, in the database that nobody empties; asked where SESSION_STORE says so.
    "sessions": {
        "BACKEND": "config.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "plans",
        # As in the database: data, never code.
        "OPTIONS": {**SOON, "serializer": "django.core.signing.JSONSerializer"},
    },
}
SESSION_STORE = env.choice("SESSION_STORE", default="DATABASE", allowed=("DATABASE", "REDIS"))
SESSION_ENGINE = {
    "DATABASE": "django.contrib.sessions.backends.db",
    "REDIS": "config.sessions",
}[SESSION_STORE]
SESSION_CACHE_ALIAS = "sessions"

# Public answers kept by edition of the data (docs/speed.md), asked of this database.
PUBLIC_ANSWERS: dict[str, Any] = {"kept": True, "database": "default"}

# Language and time

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("français")), ("en", _("anglais"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

# Accounts

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "agent:home"
LOGOUT_REDIRECT_URL = "dashboards:home"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation reaches the address, which verifies it
ACCOUNT_CHANGE_EMAIL = True  # one address per account: a new one replaces it once confirmed
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE['name']}] "
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reauthenticate": "accounts.forms.ReauthenticateByPasswordForm",
    "add_email": "accounts.forms.ChangeEmailForm",
}
# Counted in the cache, which all processes share: requests per duration, per address or account.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "confirm_email": "1/3m/key",
}
MFA_ADAPTER = "accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "activate_totp": "accounts.forms.ActivateGeneratorForm",
    "authenticate": "accounts.forms.AuthenticateForm",
    "reauthenticate": "accounts.forms.ReauthenticateByCodeForm",
    "add_webauthn": "accounts.forms.AddPasskeyForm",
    "edit_webauthn": "accounts.forms.RenamePasskeyForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = SITE["name"]
MFA_TOTP_TOLERANCE = 1  # clocks of telephones drift: the code before and the one after also count
# allauth refuses here for fear of accounts that strangers open: nobody opens one uninvited.
MFA_ALLOW_UNVERIFIED_EMAIL = True
USERSESSIONS_TRACK_ACTIVITY = True

# Signing in through an identity provider: offered where these are set.

OIDC_SERVER_URL: str = env.str("OIDC_SERVER_URL", default="").rstrip("/")
OIDC_CLIENT_ID: str = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET: str = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_NAME: str = env.str("OIDC_NAME", default="OpenID Connect")
OIDC_SCOPES: list[str] = env.list("OIDC_SCOPES", default=["openid", "profile", "email"])
OIDC_ACR_VALUES: str = env.str("OIDC_ACR_VALUES", default="")
OIDC_VOUCHES_FOR_EMAIL = env.bool("OIDC_VOUCHES_FOR_EMAIL", default=False)

SOCIALACCOUNT_ADAPTER = "agent.members.identity.InvitedOnlyAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, Any]] = {
    "openid_connect": {
        "provider_class": "accounts.openid_connect.provider.NonceProvider",
        "OAUTH_PKCE_ENABLED": True,
        "APPS": openid_connect_apps(
            server_url=OIDC_SERVER_URL,
            client_id=OIDC_CLIENT_ID,
            secret=OIDC_CLIENT_SECRET,
            name=OIDC_NAME,
            scopes=OIDC_SCOPES,
            acr_values=OIDC_ACR_VALUES,
            vouches_for_email=OIDC_VOUCHES_FOR_EMAIL,
        ),
    }
}

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
S3_SECRET_KEY: str = env.str("S3_SECRET_KEY", default="")
STORAGES: dict[str, dict[str, Any]] = {
    "default": file_storage(
        bucket=env.str("S3_BUCKET", default=""),
        endpoint=env.str("S3_ENDPOINT", default=""),
        region=env.str("S3_REGION", default="us-east-1"),
        access_key=env.str("S3_ACCESS_KEY", default=""),
        secret_key=S3_SECRET_KEY,
        folder=env.str("S3_FOLDER", default=""),
        addressing=env.choice("S3_ADDRESSING", default="AUTO", allowed=("AUTO", "PATH", "VIRTUAL")),
    ),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# What people upload, where no bucket is set; never served as it is: a view checks who asks.
MEDIA_ROOT = DATA_DIR / "media"
EVIDENCE_MAX_BYTES = env.whole(
    "EVIDENCE_MAX_BYTES", default=10_000_000, least=100_000, most=100_000_000
)
SPREADSHEET_MAX_BYTES = env.whole(
    "SPREADSHEET_MAX_BYTES", default=30_000_000, least=100_000, most=200_000_000
)
SPREADSHEET_MAX_ROWS = env.whole("SPREADSHEET_MAX_ROWS", default=200_000, least=100, most=1_000_000)
SPREADSHEET_RETENTION_DAYS = env.whole("SPREADSHEET_RETENTION_DAYS", default=14, least=1, most=365)
# A worker that has not been heard of for so long is taken for dead, and its import taken up.
SPREADSHEET_LEASE_SECONDS = 60
# The grid of a large plan: a few fields for each indicator.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

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
# Which plans still concern a person, asked before they are mailed anything about them.
NOTIFICATION_PLANS = "plans.audience.plans_that_tell"
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="plans-ia@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Deferred work

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A page that leaves work to the worker does not wait for a broker that is down: what must not be
# lost is in the database, and the beat takes it up.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_IMPORTS = ["accounts.mail"]
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
    # The first stroke of midnight stores the new day; one query finds out that nothing is missing.
    "refresh-progress": {
        "task": "indicators.tasks.refresh_missing_progress",
        "schedule": crontab(),
        "options": {"expires": 55},
    },
    "remind": {
        "task": "agent.tasks.remind",
        "schedule": crontab(hour=6, minute=0),
    },
    "sweep-evidence": {
        "task": "agent.tasks.sweep_evidence",
        "schedule": crontab(hour=3, minute=40),
    },
    "forget": {
        "task": "config.tasks.forget",
        "schedule": crontab(hour=3, minute=20),
    },
    # What is due follows from the rows: a minute that is missed is made up for by the next.
    "send-digests": {
        "task": "accounts.tasks.send_digests",
        "schedule": crontab(),
        "options": {"expires": 55},
    },
    "send-invitations": {
        "task": "plans.tasks.send_invitations",
        "schedule": crontab(minute="*/5"),
    },
    "forget-idempotency-keys": {
        "task": "plans.tasks.forget_idempotency_keys",
        "schedule": crontab(minute=25),
    },
    # One query finds out that nothing changed.
    "build-packages": {
        "task": "exchange.tasks.build_changed_packages",
        "schedule": crontab(),
    },
    "take-up-imports": {
        "task": "exchange.tasks.take_up_imports",
        "schedule": 30.0,
        "options": {"expires": 25},
    },
    "purge-imports": {
        "task": "exchange.tasks.purge_imports",
        "schedule": crontab(hour=3, minute=20),
    },
    # One query finds out that nothing is to be told.
    "sweep-webhooks": {
        "task": "exchange.tasks.sweep_webhooks",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 9},
    },
    "purge-webhooks": {
        "task": "exchange.tasks.purge_webhooks",
        "schedule": crontab(hour=4, minute=10),
    },
}
# Partners' systems are spoken to by a worker of their own, the courier: one that does not answer
# keeps no mail and no other work waiting.
CELERY_TASK_ROUTES: dict[str, dict[str, str]] = {
    "exchange.tasks.sweep_webhooks": {"queue": "webhooks"},
    "exchange.tasks.deliver_webhooks": {"queue": "webhooks"},
}

# Change notification. Partners' addresses are public and encrypted, unless said otherwise here.

WEBHOOK_ALLOWED_PRIVATE_NETWORKS = env.networks("WEBHOOK_ALLOWED_PRIVATE_NETWORKS")
WEBHOOK_ALLOW_HTTP = env.bool("WEBHOOK_ALLOW_HTTP", default=False)
WEBHOOK_TIMEOUT_SECONDS = env.whole("WEBHOOK_TIMEOUT_SECONDS", default=10, least=1, most=60)
WEBHOOK_LOG_DAYS = env.whole("WEBHOOK_LOG_DAYS", default=30, least=1, most=3650)

# API: nothing is open that does not say so.

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "plans.api_support.problems.handle",
    "URL_FORMAT_OVERRIDE": "format",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Les plans IA des régions",
    "DESCRIPTION": "What French regions promised of AI, what was done, and what nobody reported.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "LICENSE": {
        "name": "Licence Ouverte 2.0",
        "url": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
    },
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [],
    # What partners' systems are told, beside what they may ask.
    "WEBHOOKS": [
        f"exchange.webhooks.description.{told}"
        for told in ("observation", "milestone_update", "target", "trial")
    ],
    # `fields=` may leave any of them out.
    "COMPONENT_NO_READ_ONLY_REQUIRED": True,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
}

# How many requests an address or a token, and whole exports either, may make in a minute.
API_REQUESTS_PER_MINUTE = env.whole("API_REQUESTS_PER_MINUTE", default=120, least=1, most=1_000_000)
API_TOKEN_REQUESTS_PER_MINUTE = env.whole(
    "API_TOKEN_REQUESTS_PER_MINUTE", default=600, least=1, most=1_000_000
)
API_EXPORTS_PER_MINUTE = env.whole("API_EXPORTS_PER_MINUTE", default=6, least=1, most=1_000_000)
# How many of them a web process sends at once: each holds a thread until its reader has all of it.
API_EXPORTS_AT_ONCE = env.whole("API_EXPORTS_AT_ONCE", default=2, least=1, most=1_000)
# Behind a proxy of ours the address of who asks is the last one it wrote.
TRUST_FORWARDED_FOR = env.bool("BEHIND_PROXY", default=False)

# An address typed without its scheme is taken as https (Django 6 will do so by itself).
FORMS_URLFIELD_ASSUME_HTTPS = True

# Browser

CSRF_FAILURE_VIEW = "agent.typed_text.csrf_failure"
# One policy for every page; what needs another writes its own header. Where a form leads to an
# identity provider, the browser must let it go there, and on to wherever that sends it.
CSP_FORM_ORIGINS: list[str] = env.list("CSP_FORM_ORIGINS", default=[])
CONTENT_POLICY = content_policy(
    [
        *origins("OIDC_SERVER_URL", [OIDC_SERVER_URL] if OIDC_SERVER_URL else []),
        *origins("CSP_FORM_ORIGINS", CSP_FORM_ORIGINS),
    ]
)
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# Logs go to standard error; whoever runs the site keeps them.

LOG_LEVEL = env.choice(
    "LOG_LEVEL", default="INFO", allowed=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
)
# Lines for a person or JSON for a machine; a line for each request or none.
LOG_FORMAT = env.choice("LOG_FORMAT", default="LINE", allowed=("LINE", "JSON"))
ACCESS_LOG = env.bool("ACCESS_LOG", default=False)
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"impersonal": {"()": "config.logs.ImpersonalFilter"}},
    "formatters": {
        "LINE": {
            "()": "config.logs.LineFormatter",
            "format": "{asctime} {levelname} {name} [{request_id:.8}]: {message}",
            "style": "{",
        },
        "JSON": {"()": "config.logs.JsonFormatter"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["impersonal"],
        },
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers would print each line twice.
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
    },
}

# Who may read /metrics: whoever holds the token, and the networks named; by default nobody.
METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")
METRICS_NETWORKS = env.networks("METRICS_NETWORKS")

# Errors go to this Sentry server, without anything of the person they happened to.
SENTRY_DSN: str = env.str("SENTRY_DSN", default="")
SENTRY_ENVIRONMENT: str = env.str("SENTRY_ENVIRONMENT", default="production")

# Personal data goes when it has served: `manage.py anonymise_accounts`, every night.
RETENTION_MONTHS = env.whole("RETENTION_MONTHS", default=36, least=0, most=120)
SESSION_MONTHS = env.whole("SESSION_MONTHS", default=6, least=1, most=120)

# The audit trail is only ever added to.
PGHISTORY_APPEND_ONLY = True

"""Change notification: partners' addresses are public and encrypted, unless said otherwise here."""

from config.environment import env

WEBHOOK_ALLOWED_PRIVATE_NETWORKS = env.networks("WEBHOOK_ALLOWED_PRIVATE_NETWORKS")
WEBHOOK_ALLOW_HTTP = env.bool("WEBHOOK_ALLOW_HTTP", default=False)
WEBHOOK_TIMEOUT_SECONDS = env.whole("WEBHOOK_TIMEOUT_SECONDS", default=10, least=1, most=60)
WEBHOOK_LOG_DAYS = env.whole("WEBHOOK_LOG_DAYS", default=30, least=1, most=3650)

"""How long what is about a person is kept."""

from config.environment import env

# Personal data goes when it has served: `manage.py anonymise_accounts`, every night.
RETENTION_MONTHS = env.whole("RETENTION_MONTHS", default=36, least=0, most=120)
SESSION_MONTHS = env.whole("SESSION_MONTHS", default=6, least=1, most=120)

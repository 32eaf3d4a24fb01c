"""What this site is called, where it is reached, and who answers for it."""

import tomllib

from config.environment import env, local_address
from config.settings.base.folders import BASE_DIR

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

# A new installation makes a superuser and shows the password once.
FIRST_LOGIN = env.bool("FIRST_LOGIN", default=True)

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

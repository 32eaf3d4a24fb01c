"""The WSGI entry point that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

django_application = get_wsgi_application()

# Its modules read the settings: they are imported once Django is ready.
from config.public_answers.front import PublicAnswersFront  # noqa: E402

application = PublicAnswersFront(django_application)

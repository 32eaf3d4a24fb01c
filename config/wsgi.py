"""The WSGI entry point that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

django_application = get_wsgi_application()

# Its modules read the settings: they are imported once Django is ready.
from django.conf import settings  # noqa: E402

from config.public_answers.front import PublicAnswersFront  # noqa: E402
from config.slots import Slots  # noqa: E402

application = PublicAnswersFront(Slots(django_application, settings.WEB_THREADS))

"""Settings that hold everywhere, a module for each subject.

Each setting is written in one of them, and in one only. A module names what it takes from another;
the stars here only lay them side by side, as Django reads them. What comes from the environment is
listed in docs/settings.md.
"""

from config.settings.base.api import *
from config.settings.base.application import *
from config.settings.base.browsers import *
from config.settings.base.cache import *
from config.settings.base.databases import *
from config.settings.base.deferred_work import *
from config.settings.base.files import *
from config.settings.base.folders import *
from config.settings.base.identity_provider import *
from config.settings.base.language import *
from config.settings.base.mail import *
from config.settings.base.personal_data import *
from config.settings.base.processes import *
from config.settings.base.signing_in import *
from config.settings.base.site import *
from config.settings.base.watching import *
from config.settings.base.webhooks import *

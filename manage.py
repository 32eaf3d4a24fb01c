#!/usr/bin/env python
"""Run Django's management commands, with the embedded servers behind those that need them."""

import os
import sys
from contextlib import ExitStack


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from config.embedded.commands import servers_for
    from config.embedded.paths import EmbeddedError

    try:
        with ExitStack() as stack:
            stack.enter_context(servers_for(sys.argv[1:]))
            execute_from_command_line(sys.argv)
    except (EmbeddedError, ImproperlyConfigured) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

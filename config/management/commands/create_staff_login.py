from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.staff_login import DEFAULT_EMAIL, has_administrator, renew_login, sign_in_address


class Command(BaseCommand):
    help = "Create a superuser with a random password, or give an existing one a new password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", nargs="?", default=DEFAULT_EMAIL)
        parser.add_argument(
            "--only-first", action="store_true", help="do nothing where a superuser exists"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        self.stdout.write(f"Staff sign in at {sign_in_address()}")
        if options["only_first"] and has_administrator():
            self.stdout.write("Staff login: unchanged (`make staff` gives a new password).")
            return
        login = renew_login(options["email"])
        self.stdout.write(
            f"Staff login, shown this once: {login.email}  password: {login.password}"
        )

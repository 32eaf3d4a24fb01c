"""Where the embedded servers keep their data and their sockets.

Path arithmetic first: the settings compute addresses here without starting anything.
"""

import hashlib
import os
import re
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent

# sun_path holds 108 bytes on Linux and 104 on macOS, the closing NUL included.
SOCKET_PATH_LIMIT = 103
# PostgreSQL reads its socket folders as a list: no comma, no quote, no blank.
PLAIN_PATH = re.compile(r"[\w./+@:~-]+")
POSTGRES_PORT = 5432
OWNER_ROLE = "postgres"
APPLICATION_ROLE = "plans_app"

MARKER_TEXT = """\
Data of one installation of plans-ia: database, queue, secret key, collected files.
Delete the whole folder to start afresh; copy it only while nothing runs.
"""


class EmbeddedError(Exception):
    """The data folder or its servers cannot be used; the message is one line for a person."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders, files and sockets that belong to one data folder."""

    data: Path

    @classmethod
    def of(cls, data_dir: Path | str) -> "Layout":
        # Not resolve(): it raises on a loop of links, and a message is owed there too.
        return cls(Path(os.path.abspath(Path(data_dir).expanduser())))  # noqa: PTH100

    @classmethod
    def from_environment(cls) -> "Layout":
        return cls.of(os.environ.get("DATA_DIR") or CHECKOUT / ".data")

    @property
    def marker(self) -> Path:
        return self.data / "README.txt"

    @property
    def postgres(self) -> Path:
        return self.data / "postgres"

    @property
    def redis(self) -> Path:
        return self.data / "redis"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def secret_file(self) -> Path:
        return self.data / "secret_key"

    @property
    def run(self) -> Path:
        """The folder of the sockets: in the data folder, unless its path suits no socket."""
        inside = self.data / "run"
        longest = os.fsencode(inside / f".s.PGSQL.{POSTGRES_PORT}.lock")
        if len(longest) <= SOCKET_PATH_LIMIT and PLAIN_PATH.fullmatch(str(inside)):
            return inside
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"plans-ia-{os.getuid()}-{digest}"

    @property
    def postgres_socket(self) -> Path:
        return self.run / f".s.PGSQL.{POSTGRES_PORT}"

    @property
    def redis_socket(self) -> Path:
        return self.run / "redis.sock"

    @property
    def database(self) -> dict[str, str]:
        """The entry of Django's DATABASES."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "plans",
            "USER": APPLICATION_ROLE,
            "HOST": str(self.run),
            "PORT": str(POSTGRES_PORT),
        }

    @property
    def owner_database(self) -> dict[str, str]:
        """The same database for who owns its tables: migrations, backups."""
        return {**self.database, "USER": OWNER_ROLE}

    @property
    def redis_url(self) -> str:
        return f"unix://{self.redis_socket}"

    def secret_key(self) -> str:
        """The key this installation was given, or nothing yet."""
        try:
            return self.secret_file.read_text().strip()
        except OSError:
            return ""

    def prepare(self) -> None:
        """Make the data folder, or make sure that it is one of ours and can be written."""
        if self.data.exists() and not self.data.is_dir():
            raise EmbeddedError(f"The data folder {self.data} is not a folder.")
        try:
            if not self.data.exists():
                self.data.mkdir(parents=True, exist_ok=True)
                # Said apart from mkdir, which the umask would correct.
                self.data.chmod(0o711)
            if not self.marker.exists():
                self._refuse_foreign()
                self.marker.write_text(MARKER_TEXT)
            self.logs.mkdir(exist_ok=True)
            if not os.access(self.data, os.W_OK | os.X_OK):
                raise PermissionError
            if not self.secret_key():
                self._write_secret_key()
        except OSError as error:
            reason = error.strerror or "not allowed to write in it"
            raise EmbeddedError(f"Cannot use the data folder {self.data}: {reason}.") from error

    def _refuse_foreign(self) -> None:
        found = sorted(path.name for path in self.data.iterdir())
        if found:
            raise EmbeddedError(
                f"The data folder {self.data} holds something else ({found[0]}): "
                "give an empty or new folder in DATA_DIR."
            )

    def _write_secret_key(self) -> None:
        descriptor = os.open(self.secret_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))

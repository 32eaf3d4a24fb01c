"""Where the embedded servers keep their data and their sockets.

Pure path arithmetic: the settings compute an address here without starting anything.
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

# sun_path holds 108 bytes on Linux and 104 on macOS, the closing NUL included.
SOCKET_PATH_LIMIT = 103
POSTGRES_SOCKET = ".s.PGSQL.5432"
REDIS_SOCKET = "redis.sock"


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders and sockets that belong to one data folder."""

    data: Path

    @classmethod
    def of(cls, data_dir: Path | str) -> "Layout":
        return cls(Path(data_dir).expanduser().resolve())

    @property
    def postgres(self) -> Path:
        return self.data / "postgres"

    @property
    def redis(self) -> Path:
        return self.data / "redis"

    @property
    def run(self) -> Path:
        """The folder of the sockets: inside the data folder unless its path is too long for one."""
        inside = self.data / "run"
        if len(os.fsencode(inside / POSTGRES_SOCKET)) <= SOCKET_PATH_LIMIT:
            return inside
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"plans-ia-{os.getuid()}-{digest}"

    @property
    def database(self) -> dict[str, str]:
        """The entry of Django's DATABASES."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "plans",
            "USER": "postgres",
            "HOST": str(self.run),
        }

    @property
    def redis_url(self) -> str:
        return f"unix://{self.run / REDIS_SOCKET}"

    @property
    def secret_file(self) -> Path:
        return self.data / "secret_key"

    def secret_key(self) -> str:
        """The key this installation was given, or nothing yet."""
        try:
            return self.secret_file.read_text().strip()
        except OSError:
            return ""

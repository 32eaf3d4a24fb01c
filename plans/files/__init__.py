"""Where uploaded files are kept: a folder of the installation, or a bucket that speaks S3.

Both are asked the same: they are private (a view that checks who asks hands a file over, never an
address of its own), and what goes wrong with them is an OSError.
"""

from __future__ import annotations

from typing import Protocol, cast

from django.core.files.storage import default_storage


class StorageAwayError(OSError):
    """The storage does not answer, or refuses: nothing was read, and nothing half written."""


class FileStorage(Protocol):
    """What this project asks of a storage beyond Django's own words."""

    def touch(self, name: str) -> None:
        """Make a file as recent as one that is stored now; raises OSError."""

    def is_well(self) -> bool:
        """Whether files can be stored and read, as far as can be told within two seconds."""

    def where(self) -> str:
        """Return where the files are, for whoever runs the site."""


def files() -> FileStorage:
    """Return the storage of the installation."""
    return cast("FileStorage", default_storage)

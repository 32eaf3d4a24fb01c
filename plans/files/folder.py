"""Files in a folder of this machine."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.files.storage import FileSystemStorage


class FolderStorage(FileSystemStorage):
    """The folder `MEDIA_ROOT`, which no web server serves."""

    def touch(self, name: str) -> None:
        """Make a file as recent as one that is stored now; raises OSError."""
        Path(self.path(name)).touch()

    def is_well(self) -> bool:
        """Whether this process may write there; the folder is made with the first file."""
        folder = Path(self.location)
        while not folder.exists():
            folder = folder.parent
        return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)

    def where(self) -> str:
        """Return the path of the folder."""
        return str(self.location)

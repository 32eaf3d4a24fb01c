import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder to be: its path is short enough for sockets, which tmp_path's may not be."""
    folder = Path(tempfile.mkdtemp(prefix="plans-ia-"))
    # As root the servers run under another account, which must get to the folder.
    folder.chmod(0o711)
    yield folder / "data"
    shutil.rmtree(folder)

"""One site of its own for the faults: durable servers, a plan to write to, whoever writes."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.own_site import OwnSite, Written
from tools.bench.site import Site, site

PREPARE = """
import json
from tests.faults.prepare import prepared
print(json.dumps(prepared()))
"""


@pytest.fixture(scope="session")
def prepared() -> Iterator[tuple[Site, Written]]:
    folder = Path(tempfile.mkdtemp(prefix="plans-ia-"))
    # As root the servers run under another account, which must get to the folder.
    folder.chmod(0o711)
    # A crash must lose nothing: the servers write as those of an installation do.
    with site(folder / "data") as own:
        own.manage("migrate", "--no-input")
        own.manage("collectstatic", "--no-input", "--verbosity", "0")
        said = own.manage("shell", "--no-imports", "-c", PREPARE)
        yield own, Written(**json.loads(said.splitlines()[-1]))
    shutil.rmtree(folder)


@pytest.fixture
def own(prepared: tuple[Site, Written]) -> Iterator[OwnSite]:
    """The site; what a test that failed left away is back for the next one."""
    made = OwnSite(*prepared)
    yield made
    for server in (made.site.postgres, made.site.redis):
        if not server.is_running():
            server.start()

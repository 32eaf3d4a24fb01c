"""A pytest plugin: the embedded servers, started once for the whole run.

It is loaded with `-p`, before Django's settings are read: they find the run's own data folder in
DATA_DIR. With pytest-xdist the controller starts the servers, the workers inherit the folder.
DATABASE_URL and REDIS_URL, where given, are used instead.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.embedded.commands import embedded_servers
from config.embedded.paths import CHECKOUT
from config.messages import compile_catalogues

_stack = ExitStack()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    # A wrapper runs before every other implementation, pytest-django's included.
    if not _is_worker():
        folder = tempfile.mkdtemp(prefix="plans-ia-tests-")
        _stack.callback(shutil.rmtree, folder, ignore_errors=True)
        os.environ["DATA_DIR"] = str(Path(folder, "data"))
        # As root the servers run under another account, which must get to the folder.
        Path(folder).chmod(0o711)
        # Before Django reads them, which is before pytest is configured.
        compile_catalogues([CHECKOUT / "locale"])
    yield


def pytest_configure(config: pytest.Config) -> None:
    if _is_worker() or config.option.collectonly:
        return
    _stack.enter_context(embedded_servers(durable=False))


def pytest_unconfigure() -> None:
    _stack.close()


def _is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ

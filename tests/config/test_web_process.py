"""What a web process loads: a library that one page in ten thousand needs weighs on all of them."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.processes import ROOT

# What draws charts (in a process of its own), what reads plan files, what writes RDF.
SPARED = {"vl_convert", "pydantic", "rdflib"}

LOADED = """
import sys
import config.wsgi
from django.urls import get_resolver
get_resolver().url_patterns
print(*sorted(sys.modules))
"""


def test_it_spares_what_it_hardly_ever_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOADED],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert {"config.urls", "exchange.views", "dashboards.charts.rendering"} <= loaded
    assert loaded & SPARED == set()

"""From a chart to the bytes of its image: a process of its own draws, the cache remembers.

The renderer holds a JavaScript engine: some 75 MB more once it has drawn one image, 140 MB more
after sixty, never given back. So it does not live in the web workers. Each image is drawn by a
short-lived process, in about half a second; since its bytes depend on nothing but the
specification they are drawn once and then come from the cache, whoever asks.
"""

from __future__ import annotations

import hashlib
import json
import logging
import subprocess
import sys
import threading
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, TypeAlias
from xml.etree.ElementTree import ParseError

from django.core.cache import cache
from django.utils.translation import get_language
from redis.exceptions import RedisError

from dashboards.charts import process
from dashboards.charts.axes import Width
from dashboards.charts.description import describe
from dashboards.charts.drawing import chart_spec
from dashboards.charts.facts import Chart
from dashboards.charts.palette import DARK, LIGHT
from dashboards.charts.svg import finished

logger = logging.getLogger(__name__)

Format: TypeAlias = Literal["svg", "png"]

CONTENT_TYPES: dict[Format, str] = {"svg": "image/svg+xml", "png": "image/png"}

# To be raised when the finishing of images changes: what is cached was made by another edition.
EDITION = 1
RENDERER = f"{version('vl-convert-python')}/{process.VEGA_LITE}/{EDITION}"

TIMEOUT_SECONDS = 20
BUSY_SECONDS = 5
# Most charts show today: tomorrow's image is another.
KEPT_SECONDS = 2 * 24 * 3600
FAILURE_KEPT_SECONDS = 60

_FAILED = b""

# One renderer at a time in each web worker: memory stays bounded whatever is asked, and of two
# requests for one image the second finds what the first has drawn.
_rendering = threading.Lock()


class ChartUnavailableError(Exception):
    """The image could not be drawn. The page goes on without it: the table says the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedChart:
    content: bytes
    content_type: str
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """An image to be drawn, and the digest of everything its bytes depend on."""

    image_format: Format
    spec: dict[str, Any]
    title: str
    description: str
    language: str
    digest: str


def chart_etag(chart: Chart, image_format: Format, width: Width = Width.WIDE) -> str:
    """The entity tag of an image, known without drawing it."""
    return _etag(_order(chart, image_format, width))


def render(chart: Chart, image_format: Format, width: Width = Width.WIDE) -> RenderedChart:
    """The image of a chart: an SVG that follows the reader's colour scheme, or a PNG on white,
    with its title, to be taken elsewhere.

    Raises :class:`ChartUnavailableError` when it cannot be drawn.
    """
    order = _order(chart, image_format, width)
    key = f"chart:{order.digest}"
    content = _remembered(key)
    if content is None:
        if not _rendering.acquire(timeout=BUSY_SECONDS):
            raise ChartUnavailableError("the renderer is busy")
        try:
            content = _remembered(key)
            if content is None:
                content = _drawn_or_failed(order)
                _remember(key, content)
        finally:
            _rendering.release()
    if content == _FAILED:
        raise ChartUnavailableError("the chart could not be drawn; see the log")
    return RenderedChart(
        content=content, content_type=CONTENT_TYPES[image_format], etag=_etag(order)
    )


def _remembered(key: str) -> bytes | None:
    """What was drawn before; a cache that does not answer remembers nothing."""
    try:
        content: bytes | None = cache.get(key)
    except RedisError:
        logger.warning("The cache does not answer: charts are drawn each time", exc_info=True)
        return None
    return content


def _remember(key: str, content: bytes) -> None:
    try:
        cache.set(key, content, KEPT_SECONDS if content else FAILURE_KEPT_SECONDS)
    except RedisError:
        logger.warning("The cache does not answer: this chart is not kept", exc_info=True)


def _order(chart: Chart, image_format: Format, width: Width) -> _Order:
    spec = chart_spec(chart, palette=LIGHT, width=width, titled=image_format == "png")
    description = describe(chart)
    language = get_language() or "fr"
    everything = [spec, chart.title, description, language, image_format, RENDERER]
    everything += [LIGHT.roles(), DARK.roles()]
    text = json.dumps(everything, sort_keys=True, allow_nan=False)
    return _Order(
        image_format=image_format,
        spec=spec,
        title=chart.title,
        description=description,
        language=language,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def _etag(order: _Order) -> str:
    return f'"{order.digest[:32]}"'


def _drawn_or_failed(order: _Order) -> bytes:
    try:
        return _drawn(order)
    except (OSError, subprocess.SubprocessError, ParseError):
        logger.exception("The chart %r could not be drawn", order.title)
        return _FAILED


def _drawn(order: _Order) -> bytes:
    request = json.dumps({"format": order.image_format, "spec": order.spec}, allow_nan=False)
    done = subprocess.run(
        [sys.executable, "-I", str(Path(process.__file__))],
        input=request.encode(),
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        # Nothing of the site's environment: the renderer needs no secret, only a time zone in
        # which a date is the same day everywhere.
        env={"TZ": "UTC", "LANG": "C.UTF-8"},
        check=False,
    )
    if done.returncode != 0 or not done.stdout:
        said = done.stderr[-2000:].decode(errors="replace")
        raise subprocess.SubprocessError(f"the renderer ended with {done.returncode}: {said}")
    if order.image_format == "png":
        return done.stdout
    return finished(
        done.stdout,
        title=order.title,
        description=order.description,
        language=order.language,
        light=LIGHT,
        dark=DARK,
    )

"""The images: what the renderer makes of the specifications, and how they are kept."""

from __future__ import annotations

import base64
import re
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal
from xml.etree import ElementTree as ET

import pytest
import vl_convert
from django.core.cache import cache
from django.test import override_settings
from playwright.sync_api import Browser

from dashboards.charts import (
    DARK,
    LIGHT,
    ChartUnavailableError,
    Palette,
    Width,
    chart_etag,
    chart_spec,
    describe,
    render,
    rendering,
)
from dashboards.charts.process import VEGA_LITE
from dashboards.charts.svg import finished
from tests.dashboards.charts.cases import CASES, chart
from tests.indicators.builders import flow, observed

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def a_cache_of_its_own() -> Iterator[None]:
    local = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "charts"}
    with override_settings(CACHES={"default": local}):
        yield
        cache.clear()


def drawn_here(case: str, width: Width) -> bytes:
    """An SVG as the site gives it, drawn in this process: sparing one process for each case."""
    spec = chart_spec(CASES[case], palette=LIGHT, width=width)
    svg = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])
    return finished(
        svg.encode(),
        title=CASES[case].title,
        description=describe(CASES[case]),
        language="fr",
        light=LIGHT,
        dark=DARK,
    )


@pytest.fixture(scope="module", params=[(case, width) for case in CASES for width in Width])
def image(request: pytest.FixtureRequest) -> ET.Element:
    return ET.fromstring(drawn_here(*request.param))


def test_an_image_is_named_and_described_once_as_a_whole(image: ET.Element) -> None:
    assert (image.get("role"), image.get("lang")) == ("img", "fr")
    title, description = image.find(f"{SVG}title"), image.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert image.get("aria-labelledby") == title.get("id")
    assert image.get("aria-describedby") == description.get("id")
    assert title.text == "Entreprises accompagnées"
    assert (description.text or "").startswith("Entreprises accompagnées (")
    inside = [name for element in image.iter() if element is not image for name in element.attrib]
    assert [name for name in inside if name.startswith(("aria", "role"))] == []


def test_an_image_holds_neither_script_nor_outside_reference(image: ET.Element) -> None:
    tags = {element.tag.removeprefix(SVG) for element in image.iter()}
    assert tags <= {"svg", "title", "desc", "style", "g", "path", "line", "rect", "text", "tspan"}
    names = {name for element in image.iter() for name in element.attrib}
    assert [name for name in names if "href" in name or name.startswith("on")] == []


def test_no_mark_is_drawn_at_an_unknown_place(image: ET.Element) -> None:
    assert "NaN" not in ET.tostring(image, encoding="unicode")
    assert "undefined" not in ET.tostring(image, encoding="unicode")


def test_every_colour_is_of_the_palette_and_has_its_dark_one(image: ET.Element) -> None:
    style = image.findtext(f"{SVG}style") or ""
    dark = DARK.roles()
    for element in image.iter():
        for paint in ("fill", "stroke"):
            colour = element.get(paint)
            if colour in (None, "none"):
                continue
            role = {light: role for role, light in LIGHT.roles().items()}[str(colour)]
            name = f"{paint[0]}-{role}"
            assert name in (element.get("class") or "").split()
            assert f".{name}{{{paint}:{dark[role]}}}" in style
    assert style.startswith("@media screen and (prefers-color-scheme:dark){")


@pytest.mark.parametrize(("scheme", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_an_image_of_a_page_follows_the_colours_the_reader_prefers(
    scheme: Literal["light", "dark"], palette: Palette, browser: Browser
) -> None:
    data = base64.b64encode(drawn_here("quota", Width.WIDE)).decode()
    page = browser.new_page(color_scheme=scheme)
    corner = page.evaluate(
        """async (address) => {
            const image = new Image();
            image.src = address;
            await image.decode();
            const surface = document.createElement("canvas").getContext("2d");
            surface.drawImage(image, 0, 0);
            return [...surface.getImageData(1, 1, 1, 1).data];
        }""",
        f"data:image/svg+xml;base64,{data}",
    )
    page.close()
    assert corner == [*bytes.fromhex(palette.paper[1:]), 255]


def test_the_same_chart_gives_the_same_bytes() -> None:
    assert drawn_here("level", Width.WIDE) == drawn_here("level", Width.WIDE)


def test_an_image_is_small() -> None:
    assert len(drawn_here("level", Width.WIDE)) < 10_000
    assert max(len(drawn_here(case, Width.WIDE)) for case in CASES) < 40_000


def test_what_xml_cannot_hold_is_left_out() -> None:
    svg = finished(
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        title="Un\x00 titre & <b>",
        description="",
        language="fr",
        light=LIGHT,
        dark=DARK,
    )
    assert ET.fromstring(svg).findtext(f"{SVG}title") == "Un titre & <b>"


# --- The renderer's own process --------------------------------------------------------------


def test_an_svg_is_drawn_for_real_and_then_comes_from_the_cache(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = render(CASES["total with a hole"], "svg", Width.NARROW)
    assert first.content_type == "image/svg+xml"
    assert first.content == drawn_here("total with a hole", Width.NARROW)
    texts = [text.text for text in ET.fromstring(first.content).iter(f"{SVG}text")]
    assert texts.count("au moins 57") == 2  # its halo, and itself
    assert first.etag == chart_etag(CASES["total with a hole"], "svg", Width.NARROW)

    monkeypatch.setattr(rendering, "_drawn", forbidden)
    assert render(CASES["total with a hole"], "svg", Width.NARROW) == first


def test_a_png_has_twice_the_pixels_and_a_margin() -> None:
    png = render(CASES["quota"], "png")
    assert png.content_type == "image/png"
    assert png.content[:8] == b"\x89PNG\r\n\x1a\n"
    width, _height = struct.unpack(">II", png.content[16:24])
    assert width == (720 + 2 * 20) * 2
    assert len(png.content) < 100_000
    assert vl_convert.svg_to_png(embedding(png.content))  # another decoder reads it


def embedding(png: bytes) -> str:
    data = base64.b64encode(png).decode()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="76" height="44"><image width="76" height="44" '
        f'xlink:href="data:image/png;base64,{data}"/></svg>'
    )


def forbidden(*_args: Any) -> bytes:
    raise AssertionError("nothing was to be drawn")


# --- What is asked once is drawn once --------------------------------------------------------


def test_images_that_differ_have_different_tags() -> None:
    tags = {
        chart_etag(CASES[case], image_format, width)
        for case in CASES
        for image_format in ("svg", "png")
        for width in Width
    }
    assert len(tags) == len(CASES) * 4
    assert all(re.fullmatch(r'"[0-9a-f]{32}"', tag) for tag in tags)


def test_the_tag_follows_the_figures_the_words_and_the_renderer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def tag(value: int = 5, **more: str) -> str:
        return chart_etag(chart(flow(observed("2020", value)), None, "2021-03-01", **more), "svg")

    before = tag()
    assert tag() == before
    assert tag(6) != before
    assert tag(title="Autre") != before
    monkeypatch.setattr(rendering, "RENDERER", "another")
    assert tag() != before


def test_two_requests_for_one_image_draw_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawings = []
    together = threading.Barrier(4)

    def slowly(_order: Any) -> bytes:
        time.sleep(0.1)
        drawings.append(1)
        return b"<svg/>"

    def ask() -> bytes:
        together.wait()
        return render(CASES["level"], "svg").content

    monkeypatch.setattr(rendering, "_drawn", slowly)
    with ThreadPoolExecutor(4) as pool:
        answers = [asked.result() for asked in [pool.submit(ask) for _ in range(4)]]
    assert (answers, drawings) == ([b"<svg/>"] * 4, [1])


# --- When it fails ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure",
    [
        OSError("no process"),
        subprocess.TimeoutExpired("renderer", 20),
        subprocess.SubprocessError("the renderer ended with -9"),
        ET.ParseError("not XML"),
    ],
)
def test_a_failure_is_one_clear_error_and_is_not_tried_again_at_once(
    failure: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_order: Any) -> bytes:
        raise failure

    monkeypatch.setattr(rendering, "_drawn", fail)
    with pytest.raises(ChartUnavailableError):
        render(CASES["level"], "svg")
    assert [record.getMessage() for record in caplog.records] == [
        "The chart 'Entreprises accompagnées' could not be drawn"
    ]
    monkeypatch.setattr(rendering, "_drawn", forbidden)
    with pytest.raises(ChartUnavailableError):
        render(CASES["level"], "svg")


def test_a_renderer_that_dies_says_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rendering, "chart_spec", lambda *_args, **_more: {"mark": "none such"})
    with pytest.raises(ChartUnavailableError):
        render(CASES["level"], "svg")
    assert "the renderer ended with 1: Traceback" in caplog.text
    assert "Vega-Lite to SVG conversion failed" in caplog.text


def test_a_renderer_that_is_busy_too_long_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rendering, "BUSY_SECONDS", 0.05)
    with rendering._rendering, pytest.raises(ChartUnavailableError, match="busy"):
        render(CASES["level"], "svg")
    monkeypatch.setattr(rendering, "_drawn", lambda _order: b"<svg/>")
    assert render(CASES["level"], "svg").content == b"<svg/>"

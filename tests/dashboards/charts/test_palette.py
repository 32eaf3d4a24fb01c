"""The colours of charts are those of the site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from dashboards.charts import DARK, LIGHT, Palette

TOKENS = Path(settings.BASE_DIR / "static/css/tokens.css").read_text()
LIGHT_TOKENS, DARK_TOKENS = TOKENS.split("prefers-color-scheme: dark", 1)


def token(css: str, role: str) -> str:
    found = re.search(rf"--{role.replace('_', '-')}: (#[0-9a-f]{{6}});", css)
    assert found, f"no token for {role}"
    return found[1]


@pytest.mark.parametrize(("palette", "css"), [(LIGHT, LIGHT_TOKENS), (DARK, DARK_TOKENS)])
def test_each_role_has_the_colour_of_its_token(palette: Palette, css: str) -> None:
    assert palette.roles() == {role: token(css, role) for role in palette.roles()}


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_no_two_roles_share_a_colour(palette: Palette) -> None:
    assert len(set(palette.roles().values())) == len(palette.roles())


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize(
    ("role", "least"),
    [
        ("ink", 4.5),
        ("ink_soft", 4.5),
        ("tone_plain", 4.5),
        ("demo", 4.5),
        ("accent", 3),
        ("rule_strong", 3),
    ],
)
def test_what_must_be_seen_stands_out_from_the_paper(
    palette: Palette, role: str, least: float
) -> None:
    assert contrast(palette.roles()[role], palette.paper) >= least


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

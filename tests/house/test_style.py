"""No page is left undressed: what a template calls a part of it, a stylesheet knows."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CLASS = re.compile(r'class="([^"]*)"')
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)


def blocks(template: str) -> set[str]:
    """The components named: `proposal` of `proposal__acts` and of `proposal--whole`."""
    return {
        re.split("__|--", name)[0]
        for names in CLASS.findall(TAG.sub("", template))
        for name in names.split()
    }


def test_every_component_of_a_template_has_its_style() -> None:
    styles = "".join(path.read_text() for path in (ROOT / "static/css").glob("*.css"))
    dressed = {re.split("__|--", name)[0] for name in re.findall(r"\.([a-z][\w-]*)", styles)}
    undressed = {
        path.relative_to(ROOT).as_posix(): missing
        for path in sorted((ROOT / "templates").rglob("*.html"))
        if (missing := blocks(path.read_text()) - dressed)
    }
    assert undressed == {}


def test_a_block_is_the_first_part_of_a_class() -> None:
    assert blocks('<p class="proposal proposal--whole"><b class="tally__label">') == {
        "proposal",
        "tally",
    }
    assert blocks('<p class="state{% if tone %} state--{{ tone }}{% endif %}">') == {"state"}

"""The checker of pages finds what it claims to find, and nothing in a good page."""

import pytest

from tests.html import html_errors, inline_code

GOOD = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Plan</title></head><body>
<a href="#main">Aller au contenu</a>
<main id="main"><h1>Plan</h1>
<details><summary><h2>Sources</h2></summary><p>Une <em>source</em>.</p></details>
<dl><div><dt>Cible</dt><dd><p>35</p></dd></div></dl>
<svg role="img" aria-labelledby="t"><title id="t">Courbe</title><path d="M0 0"/></svg>
<form><label for="q">Rechercher</label><input id="q" name="q"></form>
</main></body></html>"""


def page(body: str) -> str:
    return GOOD.replace("</main>", f"{body}</main>")


def test_a_good_page_has_no_error() -> None:
    assert html_errors(GOOD) == []
    assert inline_code(GOOD) == []


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ("<p id=main>", ["id 'main' is given 2 times"]),
        ("<label for=no>x</label>", ["for='no' names no id of the page"]),
        ("<p aria-describedby='q no'>x</p>", ["aria-describedby='no' names no id of the page"]),
        ("<a href='#no'>x</a>", ["href='#no' names no id of the page"]),
        ("<span><div>x</div></span>", ["<div> in <span>"]),
        ("<ul><div>x</div></ul>", ["<div> directly in <ul>"]),
        ("<div><li>x</li></div>", ["<li> outside <menu> or <ol> or <ul>"]),
        ("<button><input></button>", ["<input> inside a link or a button"]),
        ("<img src='x.png'>", ["<img> without alt"]),
        ("<center>x</center>", ["<center> is obsolete"]),
        ("<table align=left></table>", ["align of <table> is obsolete"]),
    ],
)
def test_each_rule_is_reported(body: str, errors: list[str]) -> None:
    assert html_errors(page(body)) == errors


@pytest.mark.parametrize("body", ["<div>", "<p><div></div></p>", "<p class=a class=b>", "</em>"])
def test_what_the_parser_must_repair_is_reported(body: str) -> None:
    assert html_errors(page(body)) != []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<style>p{}</style>", ["<style>"]),
        ("<p style='color:red'>", ["<p style>"]),
        ("<p onclick='go()'>", ["<p onclick>"]),
        ("<script>go()</script>", ["<script>"]),
        ("<script src='/x.js'></script>", []),
        ("<script type='application/json'>{}</script>", []),
    ],
)
def test_inline_code_is_found(body: str, found: list[str]) -> None:
    assert inline_code(page(body)) == found

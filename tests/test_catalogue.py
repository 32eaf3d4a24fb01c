"""The English catalogue: every text of the source, translated, with nothing lost on the way."""

import re
from collections import Counter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.test import Client
from django.utils.translation import gettext, override

from config.messages import compile_catalogues, tied
from tools.messages import CATALOGUE, ROOT, as_python, collect, keywords_of, untranslated

PLACEHOLDER = re.compile(r"%\(\w+\)[\d.]*[a-zA-Z]|%%|</?\w+>")


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def texts(catalogue: Catalog) -> set[tuple[object, str | None]]:
    return {(message.id, message.context) for message in catalogue if message.id}


def each_form(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def pairs(message: Message) -> list[tuple[str, str]]:
    """Each English form beside the French one that it stands for."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return list(zip(message.id, message.string or (), strict=True))


def test_it_holds_the_texts_of_the_source_and_no_other(catalogue: Catalog) -> None:
    in_source, in_catalogue = texts(collect()), texts(catalogue)
    assert in_source - in_catalogue == set(), "run `make messages`, then translate"
    assert in_catalogue - in_source == set(), "run `make messages`"


def test_french_texts_keep_their_signs_with_their_words() -> None:
    loose = re.compile(r"(?<![\u00a0\u202f])[;!?»](?!\S)| :|«(?![\u00a0\u202f])")
    shown = [tied(form) for message in collect() for form in each_form(message)]
    assert [text for text in shown if loose.search(text)] == []


def test_every_text_is_translated(catalogue: Catalog) -> None:
    assert untranslated(catalogue) == []


def test_nothing_is_fuzzy_nor_kept_from_the_past(catalogue: Catalog) -> None:
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []
    assert list(catalogue.obsolete) == []


def test_placeholders_and_marks_survive_translation(catalogue: Catalog) -> None:
    changed = [
        (french, english)
        for message in catalogue
        if message.id
        for french, english in pairs(message)
        if Counter(PLACEHOLDER.findall(french)) != Counter(PLACEHOLDER.findall(english))
    ]
    assert changed == []


def test_spaces_around_a_text_survive_translation(catalogue: Catalog) -> None:
    def around(text: str) -> tuple[bool, bool]:
        return text[:1].isspace(), text[-1:].isspace()

    changed = [
        (french, english)
        for message in catalogue
        if message.id
        for french, english in pairs(message)
        if around(french) != around(english)
    ]
    assert changed == []


def test_english_is_written_the_english_way(catalogue: Catalog) -> None:
    """No guillemet, and none of the no-break spaces that French puts before its signs."""
    french_typography = re.compile("[«»]|[\u00a0\u202f][:;!?%]")
    left = [
        english
        for message in catalogue
        if message.id
        for _french, english in pairs(message)
        if french_typography.search(english)
    ]
    assert left == []


def test_it_compiles_and_speaks() -> None:
    compile_catalogues([CATALOGUE.parents[2]])
    with override("en"):
        assert gettext("non renseigné") == "not reported"
    with override("fr"):
        assert gettext("non renseigné") == "non renseigné"


@pytest.mark.django_db
def test_french_is_served_to_a_browser_that_asks_for_english(client: Client) -> None:
    """Numbers and stored texts are French: a page is French as a whole, or not at all."""
    response = client.get("/", headers={"accept-language": "en-GB,en"})
    assert 'lang="fr"' in response.content.decode()
    assert "Accept-Language" not in response.headers.get("Vary", "")


def test_texts_of_templates_are_collected_as_django_reads_them() -> None:
    template = """
      {% load i18n %}<p>{% translate "Un mot" %}</p>
          {% blocktranslate count n=total trimmed %}
            {{ n }} mot
          {% plural %}
            {{ n }} mots
          {% endblocktranslate %}
      {{ _("Un autre") }}
    """
    found = as_python(template, "essai.html")
    assert "'Un mot'" in found
    assert "ngettext" in found
    assert '"Un autre"' in found
    assert not re.search(r"^\s", found, re.MULTILINE)


def test_names_that_a_file_gives_to_gettext_are_known() -> None:
    code = b"from django.utils.translation import gettext_lazy as _later\n_later('Un mot')\n"
    assert "_later" in keywords_of(ROOT / "plans/models/plan.py", code)
    assert "_later" not in keywords_of(ROOT / "templates/base.html", code)

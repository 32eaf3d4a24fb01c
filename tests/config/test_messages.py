import gettext
import os
from pathlib import Path

import pytest
from django.utils.translation import ngettext, override

from config.messages import compile_catalogues, tied

CATALOGUE = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Mesure"
msgstr "Measure"

#, fuzzy
msgid "Jalon"
msgstr "guess"

msgid "%(n)s mesure"
msgid_plural "%(n)s mesures"
msgstr[0] "%(n)s measure"
msgstr[1] "%(n)s measures"
"""


def test_catalogues_are_compiled_once_and_again_when_they_change(tmp_path: Path) -> None:
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source, compiled = folder / "django.po", folder / "django.mo"
    source.write_text(CATALOGUE)

    french = tmp_path / "fr" / "LC_MESSAGES" / "django.mo"

    assert compile_catalogues([tmp_path]) == [compiled, french]
    with compiled.open("rb") as file:
        english = gettext.GNUTranslations(file)
    assert english.gettext("Mesure") == "Measure"
    assert english.gettext("Jalon") == "Jalon"  # a guess is not a translation
    assert english.ngettext("%(n)s mesure", "%(n)s mesures", 2) == "%(n)s measures"

    assert compile_catalogues([tmp_path]) == []
    later = compiled.stat().st_mtime_ns + 1_000_000_000
    os.utime(source, ns=(later, later))
    assert compile_catalogues([tmp_path]) == [compiled, french]


def test_a_release_that_compiles_otherwise_compiles_anew(tmp_path: Path) -> None:
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source, compiled = folder / "django.po", folder / "django.mo"
    source.write_text(CATALOGUE)
    compile_catalogues([tmp_path])

    os.utime(source, ns=(1, 1))  # long before this release
    os.utime(compiled, ns=(2, 2))
    assert compile_catalogues([tmp_path]) == [compiled]


def test_none_of_something_is_singular_in_french(tmp_path: Path) -> None:
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(CATALOGUE)
    _, compiled = compile_catalogues([tmp_path])
    with compiled.open("rb") as file:
        french = gettext.GNUTranslations(file)
    forms = [french.ngettext("%(n)s mesure", "%(n)s mesures", n) for n in (0, 1, 2)]
    assert forms == ["%(n)s mesure", "%(n)s mesure", "%(n)s mesures"]
    assert french.gettext("Mesure") == "Mesure"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Fait ? Oui ; non : « peut-être » !", "Fait_? Oui_; non_: «_peut-être_»_!"),
        ("« Plan » (fictif)", "«_Plan_» (fictif)"),
        ("%(period)s : %(value)s", "%(period)s_: %(value)s"),
        ("Déjà_: écrit ainsi", "Déjà_: écrit ainsi"),
        ("Voir https://exemple.fr/?a=1;b=2", "Voir https://exemple.fr/?a=1;b=2"),
        ("de 10 à 20 %", "de 10 à 20 %"),
    ],
)
def test_signs_keep_to_their_words_in_french(written: str, shown: str) -> None:
    assert tied(written.replace("_", "\u00a0")) == shown.replace("_", "\u00a0")


def test_a_text_of_the_source_is_shown_with_its_signs_tied(tmp_path: Path) -> None:
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(f'{CATALOGUE}\nmsgid "Il dit : oui"\nmsgstr "It says: yes"\n')
    _, compiled = compile_catalogues([tmp_path])
    with compiled.open("rb") as file:
        french = gettext.GNUTranslations(file)
    assert french.gettext("Il dit : oui") == "Il dit\u00a0: oui"


def test_the_site_counts_as_the_language_of_the_page_does() -> None:
    one = "%(count)s ligne masquée a été lue comme les autres."
    many = "%(count)s lignes masquées ont été lues comme les autres."
    with override("fr"):
        assert [ngettext(one, many, n) for n in (0, 1, 2)] == [one, one, many]
    with override("en"):
        none, single, two = (ngettext(one, many, n) for n in (0, 1, 2))
    assert none == two != single

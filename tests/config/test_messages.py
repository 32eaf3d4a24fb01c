import gettext
import os
from pathlib import Path

from config.messages import compile_catalogues

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

    assert compile_catalogues([tmp_path]) == [compiled]
    with compiled.open("rb") as file:
        english = gettext.GNUTranslations(file)
    assert english.gettext("Mesure") == "Measure"
    assert english.gettext("Jalon") == "Jalon"  # a guess is not a translation
    assert english.ngettext("%(n)s mesure", "%(n)s mesures", 2) == "%(n)s measures"

    assert compile_catalogues([tmp_path]) == []
    later = compiled.stat().st_mtime_ns + 1_000_000_000
    os.utime(source, ns=(later, later))
    assert compile_catalogues([tmp_path]) == [compiled]

"""From bytes to values that know their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from exchange.plan_files.problems import Problem
from exchange.plan_files.reading import MAX_BYTES, UnreadableError, read_bytes, read_file
from tests.typography import plain


def read(text: str) -> object:
    return read_bytes(text.encode(), "plan.yaml").root


def test_a_scalar_is_the_text_that_was_typed() -> None:
    assert read("{a: 2024, b: no, c: 0.10, d: 12:30, e: 010, f: 1e5, on: .inf}") == {
        "a": "2024",
        "b": "no",
        "c": "0.10",
        "d": "12:30",
        "e": "010",
        "f": "1e5",
        "on": ".inf",
    }


def test_only_an_unquoted_null_is_no_value() -> None:
    assert read('{a: null, b: ~, c: , d: "null", e: "", f: NULL}') == {
        "a": None,
        "b": None,
        "c": None,
        "d": "null",
        "e": "",
        "f": "NULL",
    }


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert read_bytes(b"\xef\xbb\xbfformat: 1\n", "plan.yaml").root == {"format": "1"}


def test_values_know_their_line() -> None:
    document = read_bytes(b"a: 1\nb:\n  - x\n  - {code: o1,\n     c: 3}\n", "plan.yaml")
    assert [
        document.line_of(path)
        for path in [(), ("a",), ("b",), ("b", 0), ("b", 1), ("b", 1, "c"), ("b", 1, "absent")]
    ] == [1, 1, 2, 3, 4, 5, 4]


def test_a_problem_names_the_file_the_line_and_the_path() -> None:
    document = read_bytes(b"a:\n  - {code: o1}\n  - {c: 3}\n", "plan.yaml")
    paths = [("a", 0, "title"), ("a", 1, "c"), ("a", 7), ()]
    assert document.describe(Problem(path, "faux") for path in paths) == [
        "plan.yaml:1: a[8]: faux",
        "plan.yaml:1: faux",
        "plan.yaml:2: a[o1].title: faux",
        "plan.yaml:3: a[2].c: faux",
    ]


def test_a_key_written_twice_keeps_the_first_value_and_is_told() -> None:
    document = read_bytes(b"a: 1\nb: 2\na: 3\n", "plan.yaml")
    assert document.root == {"a": "1", "b": "2"}
    assert [plain(line) for line in document.describe(document.problems)] == [
        "plan.yaml:1: la clé « a » est écrite deux fois, lignes 1 et 3 ; une seule fois"
    ]


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", 0, "le fichier est vide"),
        (b"# rien\n\n", 0, "le fichier est vide"),
        (b"---\n", 0, "le fichier est vide"),
        (
            b"\n- a\n",
            2,
            "le fichier ne commence pas par des clés ; admis : « format: 1 », « region: … »",
        ),
        (
            "plan: Ouest\nville: Nîmes\n".encode("latin-1"),
            2,
            "le fichier n’est pas en UTF-8 ; enregistrez-le dans cet encodage",
        ),
        (
            b"a: 1\nb: un: deux\n",
            2,
            (
                "YAML mal formé : deux-points inattendu ; un texte qui en contient se met entre "
                "guillemets"
            ),
        ),
        (
            b"a:\n\t- b\n",
            2,
            (
                "YAML mal formé : caractère inattendu ; l’indentation se fait avec des espaces, "
                "sans "
                "tabulation, et un texte qui commence par un signe se met entre guillemets"
            ),
        ),
        (b'a: "b\n', 2, "YAML mal formé : guillemet, accolade ou crochet non fermé"),
        (b"a: {b: 1\n", 2, "YAML mal formé : did not find expected ',' or '}'"),
        (b"a: 1\n--- \nb: 2\n", 2, "plusieurs documents YAML (« --- ») ; un seul plan par fichier"),
        (
            b"a: 1\nb: !!python/name:os.system\n",
            2,
            (
                "étiquette YAML (tag:yaml.org,2002:python/name:"
                "os.system) refusée ; écrivez la valeur seule"
            ),
        ),
        (b"a: &x [1]\nb: *x\n", 2, "alias YAML (*x) refusé ; répétez la valeur"),
        (b"a: 1\n<<: *x\n", 2, "alias YAML (*x) refusé ; répétez la valeur"),
        (b"a: 1\n? [b]\n: 2\n", 2, "une clé est un mot suivi de « : »"),
        (b"a: \x01\n", 1, "caractère interdit en YAML (U+0001) ; retirez-le"),
        (b"a: " + b"[" * 100, 1, "listes ou clés emboîtées sur plus de 20 niveaux"),
    ],
)
def test_what_cannot_be_read_gets_one_line(content: bytes, line: int, message: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_bytes(content, "plan.yaml")
    assert (caught.value.line, plain(caught.value.message)) == (line, message)


def test_an_anchor_bomb_stops_at_its_first_alias() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{name}: &{name} [*{above}, *{above}]\n"
        for above, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(UnreadableError, match=r"alias YAML \(\*a\)") as caught:
        read(bomb)
    assert caught.value.line == 2


def test_a_character_that_cannot_be_stored_is_told_and_left_out() -> None:
    document = read_bytes(b'a: "b\\0c"\n', "plan.yaml")
    assert document.root == {"a": "bc"}
    assert [plain(line) for line in document.describe(document.problems)] == [
        "plan.yaml:1: a: caractère interdit (U+0000) ; retirez-le"
    ]


def test_files_that_are_not_there_or_no_files(tmp_path: Path) -> None:
    big = tmp_path / "big.yaml"
    with big.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    messages = []
    for path in (tmp_path / "absent.yaml", tmp_path, big):
        with pytest.raises(UnreadableError) as caught:
            read_file(path)
        messages.append(plain(caught.value.message))
    assert messages == [
        "fichier introuvable",
        "c’est un dossier ; un fichier YAML est attendu",
        "fichier trop grand ; 20 Mo au plus",
    ]

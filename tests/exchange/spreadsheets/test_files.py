"""Which files are read, which are refused and in which words, and what goes out harmless."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from pytest_django import Settings

from accounts.models import User
from exchange.models import ImportJob
from exchange.spreadsheets import jobs
from exchange.spreadsheets.columns import COLUMNS, Kind
from exchange.spreadsheets.selection import Selection
from exchange.spreadsheets.writing_csv import DIALECTS, write_csv
from exchange.spreadsheets.writing_workbooks import write_workbook
from indicators.models import Observation
from plans.models import Plan, Role
from tests.exchange.spreadsheets.workbooks import (
    NOON,
    TITLES,
    checked,
    errors,
    member,
    outcomes,
    received,
    workbook,
    written,
)
from tests.factories import (
    IndicatorFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
    TargetFactory,
)
from tests.typography import plain

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create()
    SourceFactory.create(plan=made, code="bilan")
    IndicatorFactory.create(plan=made, code="entreprises", title="Entreprises aidées")
    return made


@pytest.fixture
def user(plan: Plan) -> User:
    return member(plan, Role.REVIEWER)


# --- CSV ------------------------------------------------------------------------------------------

FRENCH = [
    "Indicateur;Début de période;Fin de période;Valeur;Source;Commentaire public",
    "entreprises;01/01/2024;31/12/2024;1 234,5;bilan;Été à Épinal – 12 €",
]
ENGLISH = [
    "Indicateur,Début de période,Fin de période,Valeur,Source,Commentaire public",
    'entreprises,2024-01-01,2024-12-31,"1234,5",bilan,Été à Épinal – 12 €',
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("lines", [FRENCH, ENGLISH], ids=["semicolon", "comma"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_csv_is_read_whatever_its_encoding_and_separator(
    plan: Plan, user: User, encoding: str, lines: list[str], end: str
) -> None:
    content = end.join(lines).encode(encoding)  # nothing after the last row

    written(checked(plan, user, content, "saisie.csv"))

    found = Observation.objects.get()
    assert (str(found.value), found.comment) == ("1234.500000", "Été à Épinal – 12 €")


def test_what_was_understood_of_a_csv_is_said(plan: Plan, user: User) -> None:
    job = checked(plan, user, "\n".join([*FRENCH, ""]).encode("cp1252"), "saisie.csv")

    assert job.understood[0] == (
        "Fichier CSV : séparateur « point-virgule », encodage Windows-1252."
    )
    assert "titres lus à la ligne 1" in job.understood[1]


def test_what_stands_above_the_titles_is_passed_over(plan: Plan, user: User) -> None:
    lines = ["sep=;", "Suivi 2024;;", "", *FRENCH]

    assert outcomes(checked(plan, user, "\n".join(lines).encode(), "a.csv")) == [(5, "new")]


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"", "Ce fichier est vide."),
        (b"%PDF-1.7 ...", "C’est un PDF."),
        ("\n".join(FRENCH).encode("utf-16"), "UTF-16"),
        (b"\x00\x01\x02\x03 binaire", "ni un classeur .xlsx ni du texte CSV"),
        (b"a;b;c\n1;2;3\n", "Les titres attendus"),
        (FRENCH[0].encode(), "aucune ligne sous ses titres"),
        ("\n".join([FRENCH[0], 'entreprises;"jamais refermé']).encode(), "un guillemet ouvert"),
        (b"Indicateur;Valeur;Source\nentreprises;1;bilan", "il manque la colonne"),
        ((FRENCH[0] + ";Valeur\n" + FRENCH[1]).encode(), "deux colonnes portent le titre"),
    ],
)
def test_a_csv_that_cannot_be_read_is_refused_in_words(
    plan: Plan, user: User, content: bytes, hint: str
) -> None:
    job = checked(plan, user, content, "saisie.csv")

    assert job.state == ImportJob.State.REFUSED
    assert hint in job.refusal
    assert not job.rows.exists()


# --- Workbooks that are none, or that mean harm ---------------------------------------------------


def archive(parts: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return held.getvalue()


def a_workbook(tmp_path: Path) -> dict[str, bytes]:
    path = workbook(
        tmp_path / "a.xlsx",
        [TITLES, ["entreprises", date(2024, 1, 1), date(2024, 12, 31), 1, "bilan", None]],
    )
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def with_flag(content: bytes) -> bytes:
    """Say of every part that a password protects it."""
    changed = bytearray(content)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(signature)
        while at >= 0:
            changed[at + offset] |= 1
            at = changed.find(signature, at + 4)
    return bytes(changed)


OLE = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 512
SHEET = "xl/worksheets/sheet1.xml"


def test_a_workbook_that_is_none_is_refused_in_words(
    tmp_path: Path, plan: Plan, user: User
) -> None:
    parts = a_workbook(tmp_path)
    whole = archive(parts)
    types = parts["[Content_Types].xml"]
    entity = parts[SHEET].replace(b"<worksheet", b"<!DOCTYPE x [<!ENTITY e 'ee'>]><worksheet", 1)
    beyond = b'</sheetData><mergeCells><mergeCell ref="A1:B%s"/></mergeCells>'
    cases = [
        *(
            (
                "endommagé",
                archive(
                    parts | {SHEET: parts[SHEET].replace(b"</sheetData>", beyond % (b"9" * digits))}
                ),
            )
            for digits in (7, 5_000)
        ),
        ("endommagé", whole[: len(whole) // 2]),
        ("endommagé", archive(parts | {SHEET: parts[SHEET][:-40]})),
        ("ancien format d’Office", OLE),
        ("mot de passe", OLE + "EncryptedPackage".encode("utf-16-le")),
        ("mot de passe", with_flag(whole)),
        ("OpenDocument", archive({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"})),
        ("archive ZIP", archive({"notes.txt": b"rien"})),
        ("macros", archive(parts | {"xl/vbaProject.bin": b"x"})),
        ("définitions XML", archive(parts | {SHEET: entity})),
        (
            "pas un classeur",
            archive(
                parts
                | {"[Content_Types].xml": types.replace(b"spreadsheetml.sheet.main", b"other")}
            ),
        ),
    ]
    for hint, content in cases:
        job = checked(plan, user, content)
        assert (hint, job.state) == (hint, ImportJob.State.REFUSED)
        assert hint in job.refusal


def test_a_bomb_is_refused_before_it_unpacks(tmp_path: Path, plan: Plan, user: User) -> None:
    parts = a_workbook(tmp_path)
    head, tail = parts[SHEET].split(b"<sheetData>")
    bomb = archive(parts | {SHEET: head + b"<sheetData>" + b" " * 600_000_000 + tail})
    assert len(bomb) < 1_000_000

    job = checked(plan, user, bomb)

    assert job.state == ImportJob.State.REFUSED
    assert "démesuré" in job.refusal


def test_a_bomb_that_lies_about_its_size_is_stopped_on_the_way(
    tmp_path: Path, plan: Plan, user: User
) -> None:
    parts = a_workbook(tmp_path)
    head, tail = parts[SHEET].split(b"<sheetData>")
    content = archive(parts | {SHEET: head + b"<sheetData>" + b" " * 50_000_000 + tail})
    true_size = len(head + b"<sheetData>" + b" " * 50_000_000 + tail).to_bytes(4, "little")
    assert content.count(true_size) >= 1
    lying = content.replace(true_size, (1000).to_bytes(4, "little"))

    job = checked(plan, user, lying)

    assert job.state == ImportJob.State.REFUSED


def test_a_file_that_is_too_big_or_one_too_many_is_refused_at_the_door(
    plan: Plan, user: User, settings: Settings
) -> None:
    content = "\n".join(FRENCH).encode()
    settings.SPREADSHEET_MAX_BYTES = len(content)
    with pytest.raises(jobs.NotNowError, match="Mo au plus"):
        received(plan, user, content + b" ")
    for _number in range(jobs.MAX_UNFINISHED):
        received(plan, user, content)
    with pytest.raises(jobs.NotNowError, match="déjà 5 imports en cours"):
        received(plan, user, content)


def test_more_rows_than_a_file_may_have_are_refused(
    plan: Plan, user: User, settings: Settings
) -> None:
    settings.SPREADSHEET_MAX_ROWS = 2
    rows = [f"entreprises;01/01/{year};31/12/{year};1;bilan;" for year in (2021, 2022, 2023)]

    job = checked(plan, user, "\n".join([FRENCH[0], *rows]).encode(), "a.csv")

    assert job.state == ImportJob.State.REFUSED
    assert "plus de 2 lignes remplies" in job.refusal
    assert not job.rows.exists()


# --- What goes out --------------------------------------------------------------------------------

RISKY = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", " =1"]


@pytest.fixture
def risky(plan: Plan) -> Selection:
    indicator = plan.indicators.get()
    for number, text in enumerate(RISKY):
        ObservationFactory.create(indicator=indicator, year=2000 + number, comment=text)
    return Selection(plan=plan, start=date(2000, 1, 1), end=date(2010, 12, 31))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_cell_of_a_csv_runs_as_a_formula(tmp_path: Path, risky: Selection, dialect: str) -> None:
    path = tmp_path / "a.csv"
    write_csv(path, Kind.VALUES, risky, DIALECTS[dialect])

    with path.open(encoding=DIALECTS[dialect].encoding, newline="") as file:
        rows = list(csv.DictReader(file, delimiter=DIALECTS[dialect].separator))
    comments = [row["Commentaire public"] for row in rows if row["Commentaire public"]]
    assert comments == [f"'{text}" for text in RISKY]


def test_no_cell_of_a_workbook_is_a_formula(tmp_path: Path, risky: Selection) -> None:
    path = tmp_path / "a.xlsx"
    write_workbook(path, risky, at=NOON)

    book = openpyxl.load_workbook(path)
    kinds = {cell.data_type for sheet in book for line in sheet.iter_rows() for cell in line}
    assert "f" not in kinds
    texts = [str(cell.value) for cell in book["Valeurs"]["P"] if str(cell.value).startswith("'")]
    assert len(texts) == len(RISKY)


def test_a_target_reads_as_on_the_pages(tmp_path: Path, plan: Plan) -> None:
    TargetFactory.create(
        indicator=plan.indicators.get(), value=Decimal(500), due_on=date(2069, 12, 31)
    )
    path = tmp_path / "a.csv"
    selection = Selection(plan=plan, start=date(2024, 1, 1), end=date(2024, 12, 31))
    write_csv(path, Kind.VALUES, selection, DIALECTS["csv"])

    with path.open(encoding=DIALECTS["csv"].encoding, newline="") as file:
        (row,) = csv.DictReader(file, delimiter=DIALECTS["csv"].separator)
    assert plain(row["Cible"]) == "au moins 500 entreprises d’ici au 31 décembre 2069"


def test_identifiers_are_locked_and_lists_are_there(tmp_path: Path, plan: Plan) -> None:
    path = tmp_path / "a.xlsx"
    selection = Selection(plan=plan, start=date(2024, 1, 1), end=date(2024, 12, 31))
    write_workbook(path, selection, at=NOON)

    book = openpyxl.load_workbook(path)
    sheet = book["Valeurs"]
    titles = {cell.value: cell.column_letter for cell in sheet[1]}
    assert book.sheetnames == ["Mode d’emploi", "Valeurs", "Jalons", "Sources"]
    assert sheet.protection.sheet
    assert sheet[f"{titles['Indicateur']}2"].protection.locked
    assert not sheet[f"{titles['Valeur']}2"].protection.locked
    lists = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}
    assert lists[f"{titles['Précision']}2"] == '"valeur exacte,au moins,environ,au plus"'
    assert lists[f"{titles['Source']}2"] == "'Sources'!$A$2:$A$2"


def test_the_errors_of_a_refused_file_leave_nothing_behind(plan: Plan, user: User) -> None:
    job = checked(plan, user, b"rien", "a.csv")

    assert errors(job) == {}
    assert job.annotated.name == ""


def test_the_page_for_staff_names_every_column() -> None:
    page = Path(__file__, "../../../../docs/spreadsheets.md").resolve().read_text()

    titles = {column.title for columns in COLUMNS.values() for column in columns}
    assert [title for title in sorted(titles) if title not in page] == []

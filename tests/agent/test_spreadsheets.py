"""The page Tableur: what is handed out, what is sent back, who follows it, what becomes of it."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Notification, User
from exchange.models import ImportJob
from exchange.spreadsheets import jobs, keeping
from indicators.models import Observation
from measures.models import Measure
from plans.models import Plan, Role
from tests.agent.staff import member, signed_in
from tests.exchange.spreadsheets.workbooks import NOON, checked, written
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    MilestoneFactory,
    ObjectiveFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
)
from tests.html import html_errors, inline_code
from tests.typography import plain

pytestmark = pytest.mark.django_db

TITLES = "Indicateur;Début de période;Fin de période;Valeur;Source"


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note what is handed to a worker; there is none here."""
    asked: list[int] = []
    monkeypatch.setattr("exchange.tasks.queue", asked.append)
    return asked


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create(slug="plan-essai")
    SourceFactory.create(plan=made, code="bilan")
    return made


@pytest.fixture
def measure(plan: Plan) -> Measure:
    made: Measure = MeasureFactory.create(plan=plan, code="pack")
    IndicatorFactory.create(plan=plan, measure=made, code="entreprises", title="Entreprises")
    MilestoneFactory.create(measure=made, code="ouverture")
    other = MeasureFactory.create(plan=plan, code="ecole")
    IndicatorFactory.create(plan=plan, measure=other, code="eleves", title="Élèves")
    return made


@pytest.fixture
def contributor(plan: Plan, measure: Measure) -> User:
    return member(plan, Role.CONTRIBUTOR, assigned_to=measure)


def address(name: str, plan: Plan, *arguments: Any) -> str:
    return reverse(f"agent:{name}", args=[plan.slug, *arguments])


def content(*rows: str) -> bytes:
    return "\n".join([TITLES, *rows]).encode()


GOOD = "entreprises;01/01/2024;31/12/2024;35;bilan"
WRONG = "entreprises;01/01/2024;31/12/2024;beaucoup;bilan"


def send(client: Client, plan: Plan, data: bytes, name: str = "saisie.csv") -> Any:
    return client.post(address("spreadsheets", plan), {"file": SimpleUploadedFile(name, data)})


def choices(**changed: str) -> dict[str, str]:
    chosen = {"part": "tout", "start": "2024-01-01", "end": "2024-12-31", "format": "xlsx"}
    return {f"choix-{key}": value for key, value in {**chosen, **changed}.items()}


def downloaded(client: Client, plan: Plan, **changed: str) -> bytes:
    answer = client.get(address("spreadsheet_download", plan), choices(**changed))
    assert answer.status_code == 200, answer.content.decode()
    return b"".join(answer.streaming_content)


# --- Downloads ------------------------------------------------------------------------------------


def codes(data: bytes, title: str = "Indicateur") -> list[str]:
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=";")
    return [row[title] for row in rows]


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("tout", ["entreprises", "eleves"]),
        ("miennes", ["entreprises"]),
        ("mesure:ecole", ["eleves"]),
    ],
)
def test_a_file_holds_the_part_that_was_chosen(
    plan: Plan, contributor: User, part: str, found: list[str]
) -> None:
    client = signed_in(contributor)

    assert codes(downloaded(client, plan, part=part, format="csv")) == found


def test_a_file_holds_one_objective(plan: Plan, contributor: User, measure: Measure) -> None:
    part = f"objectif:{measure.objective.code}"

    data = downloaded(signed_in(contributor), plan, part=part, format="csv")

    assert codes(data) == ["entreprises"]


def test_an_axis_holds_its_objectives(plan: Plan, contributor: User, measure: Measure) -> None:
    axis = ObjectiveFactory.create(plan=plan, code="axe")
    measure.objective.parent = axis
    measure.objective.save()

    data = downloaded(signed_in(contributor), plan, part="objectif:axe", format="csv")

    assert codes(data) == ["entreprises"]


def test_each_format(plan: Plan, contributor: User, measure: Measure) -> None:
    client = signed_in(contributor)

    book = openpyxl.load_workbook(io.BytesIO(downloaded(client, plan)))
    english = downloaded(client, plan, format="csv-virgule").decode()
    milestones = downloaded(client, plan, format="csv", kind="milestones")
    answer = client.get(address("spreadsheet_download", plan), choices())
    assert b"".join(answer.streaming_content)[:2] == b"PK"

    assert book["Valeurs"]["B2"].value == "entreprises"
    assert "entreprises,Entreprises," in english
    assert "2024-01-01,2024-12-31" in english
    assert codes(milestones, "Jalon") == ["ouverture"]
    assert "attachment" in answer["Content-Disposition"]
    assert "plan-essai-" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"end": "2023-12-31"}, "La fin précède le début."),
        ({"start": "1900-01-01"}, "60 ans au plus"),
        ({"part": "mesure:rien"}, "mesure:rien"),
        ({"start": "hier"}, "Saisissez une date valide."),
    ],
)
def test_a_choice_that_makes_no_file_is_told_on_the_page(
    plan: Plan, contributor: User, changed: dict[str, str], message: str
) -> None:
    answer = signed_in(contributor).get(address("spreadsheet_download", plan), choices(**changed))

    assert answer.status_code == 422
    assert message in answer.content.decode()


def test_another_plans_measure_cannot_be_chosen(plan: Plan, contributor: User) -> None:
    other = MeasureFactory.create(code="ailleurs")

    answer = signed_in(contributor).get(
        address("spreadsheet_download", plan), choices(part=f"mesure:{other.code}")
    )

    assert answer.status_code == 422


# --- Sending, checking, confirming ----------------------------------------------------------------


def test_a_file_that_is_sent_is_checked_then_written_as_drafts(
    plan: Plan, contributor: User, queued: list[int]
) -> None:
    client = signed_in(contributor)
    answer = send(client, plan, content(GOOD))
    job = ImportJob.objects.get()
    assert answer["Location"] == job.get_absolute_url()
    assert "En attente de contrôle" in client.get(answer["Location"]).content.decode()

    jobs.work_on(job.pk, at=NOON)
    page = client.get(job.get_absolute_url()).content.decode()
    assert "1 nouvelle" in page
    assert "35" in page
    answer = client.post(address("import_confirm", plan, job.pk), {"submits": "non"})
    assert not Observation.objects.exists()
    jobs.work_on(job.pk, at=NOON)

    page = client.get(answer["Location"]).content.decode()
    assert "1 ligne enregistrée" in page
    draft = Observation.objects.get()
    assert (draft.state, draft.value, draft.author) == ("draft", 35, contributor)
    assert queued == [job.pk, job.pk]


def test_what_is_submitted_is_told_to_the_reviewers(plan: Plan, contributor: User) -> None:
    reviewer = member(plan, Role.REVIEWER)
    job = checked(plan, contributor, content(GOOD), "saisie.csv")
    client = signed_in(contributor)

    client.post(address("import_confirm", plan, job.pk), {"submits": "oui"})
    jobs.work_on(job.pk, at=NOON)

    assert Observation.objects.get().state == "submitted"
    told = Notification.objects.get(user=reviewer)
    assert told.text == "À relire : 1 saisie du fichier « saisie.csv »"
    assert signed_in(reviewer).get(told.url).status_code == 200


def test_a_file_with_errors_cannot_be_confirmed(plan: Plan, contributor: User) -> None:
    job = checked(plan, contributor, content(GOOD, "eleves;01/01/2024;31/12/2024;3;bilan"), "a.csv")
    client = signed_in(contributor)

    page = client.get(job.get_absolute_url()).content.decode()
    client.post(address("import_confirm", plan, job.pk), {"submits": "non"})

    assert "1 ligne à corriger" in page
    assert "ne vous est pas attribuée" in page
    assert address("import_confirm", plan, job.pk) not in page
    job.refresh_from_db()
    assert job.state == ImportJob.State.CHECKED


def test_a_second_click_writes_once(plan: Plan, contributor: User) -> None:
    job = checked(plan, contributor, content(GOOD), "a.csv")
    client = signed_in(contributor)

    for _click in range(2):
        client.post(address("import_confirm", plan, job.pk), {"submits": "non"})
        jobs.work_on(job.pk, at=NOON)

    assert Observation.objects.count() == 1


def test_the_annotated_copy_is_handed_out(plan: Plan, contributor: User) -> None:
    job = checked(plan, contributor, content(WRONG), "saisie.csv")

    answer = signed_in(contributor).get(address("import_copy", plan, job.pk))

    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert book.active["D2"].comment is not None
    assert "saisie-annot" in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_refused_file_says_why(plan: Plan, contributor: User) -> None:
    job = checked(plan, contributor, b"%PDF-1.7", "bilan.pdf")

    page = signed_in(contributor).get(job.get_absolute_url()).content.decode()

    assert "C’est un PDF. Envoyez le classeur .xlsx ou le CSV." in page


def test_a_file_too_big_is_refused_on_the_page(
    plan: Plan, contributor: User, settings: Settings
) -> None:
    settings.SPREADSHEET_MAX_BYTES = 10

    answer = send(signed_in(contributor), plan, content(GOOD))

    assert answer.status_code == 422
    assert "Mo au plus" in answer.content.decode()
    assert not ImportJob.objects.exists()


def test_an_empty_file_and_no_file(plan: Plan, contributor: User) -> None:
    client = signed_in(contributor)

    assert send(client, plan, b"").status_code == 302
    jobs.work_on(ImportJob.objects.get().pk, at=NOON)
    answer = client.post(address("spreadsheets", plan))

    assert ImportJob.objects.get().refusal == "Ce fichier est vide."
    assert answer.status_code == 422


def test_an_import_is_given_up(plan: Plan, contributor: User) -> None:
    job = checked(plan, contributor, content(GOOD), "a.csv")
    path = Path(job.file.path)
    client = signed_in(contributor)

    answer = client.post(address("import_cancel", plan, job.pk), follow=True)

    job.refresh_from_db()
    assert "est abandonné" in answer.content.decode()
    assert (job.state, job.rows.count(), path.exists()) == ("cancelled", 0, False)
    assert "rien n’a été écrit" in client.get(job.get_absolute_url()).content.decode()
    client.post(address("import_confirm", plan, job.pk), {"submits": "non"})
    jobs.work_on(job.pk, at=NOON)
    assert not Observation.objects.exists()


def test_what_is_written_is_not_given_up(plan: Plan, contributor: User) -> None:
    job = written(checked(plan, contributor, content(GOOD), "a.csv"))

    answer = signed_in(contributor).post(address("import_cancel", plan, job.pk), follow=True)

    assert "déjà enregistré" in answer.content.decode()
    assert Observation.objects.count() == 1


def test_a_conflict_is_told_and_the_file_checked_again(
    plan: Plan, contributor: User, queued: list[int]
) -> None:
    job = checked(plan, contributor, content(GOOD), "a.csv")
    colleague = member(plan, Role.REVIEWER)
    indicator = plan.indicators.get(code="entreprises")
    ObservationFactory.create(
        indicator=indicator, year=2024, value=30, author=colleague, edited_by=colleague
    )
    client = signed_in(contributor)

    job = written(job)
    page = client.get(job.get_absolute_url()).content.decode()
    assert job.state == ImportJob.State.CONFLICT
    assert "Rien n’a été écrit" in page
    assert "qui a changé depuis le contrôle" in page
    client.post(address("import_check_again", plan, job.pk))
    jobs.work_on(job.pk, at=NOON)

    page = client.get(job.get_absolute_url()).content.decode()
    assert "<del>30</del>" in page
    assert "<ins>35</ins>" in page


# --- Who follows ----------------------------------------------------------------------------------


def test_a_job_is_seen_by_its_sender_and_the_managers(plan: Plan, contributor: User) -> None:
    job = checked(plan, contributor, content(WRONG), "mon-fichier.csv")
    people = {
        "sender": contributor,
        "manager": member(plan, Role.MANAGER),
        "reviewer": member(plan, Role.REVIEWER),
        "contributor": member(plan, Role.CONTRIBUTOR),
        "viewer": member(plan, Role.VIEWER),
    }
    clients = {who: signed_in(user) for who, user in people.items()}

    def status(client: Client, name: str) -> int:
        answer = client.get(address(name, plan, job.pk))
        if answer.streaming:
            assert b"".join(answer.streaming_content)
        return answer.status_code

    seen = {
        who: [status(client, name) for name in ("import_job", "import_copy")]
        for who, client in clients.items()
    }
    listed = {
        who: "mon-fichier.csv" in client.get(address("spreadsheets", plan)).content.decode()
        for who, client in clients.items()
    }

    assert seen == {
        "sender": [200, 200], "manager": [200, 200], "reviewer": [403, 403],
        "contributor": [403, 403], "viewer": [403, 403],
    }  # fmt: skip
    assert listed == {
        "sender": True, "manager": True, "reviewer": False, "contributor": False, "viewer": False,
    }  # fmt: skip


def test_only_the_sender_confirms(plan: Plan, contributor: User) -> None:
    job = checked(plan, contributor, content(GOOD), "a.csv")
    manager = signed_in(member(plan, Role.MANAGER))

    page = manager.get(job.get_absolute_url()).content.decode()
    answer = manager.post(address("import_confirm", plan, job.pk), {"submits": "oui"})

    assert "Seule la personne qui a envoyé ce fichier" in page
    assert answer.status_code == 403
    job.refresh_from_db()
    assert job.state == ImportJob.State.CHECKED


def test_whoever_left_the_plan_writes_nothing(plan: Plan, contributor: User) -> None:
    job = checked(plan, contributor, content(GOOD), "a.csv")
    jobs.confirm(job, submits=False, at=NOON)
    plan.memberships.filter(user=contributor).delete()

    jobs.work_on(job.pk, at=NOON)

    job.refresh_from_db()
    assert job.state == ImportJob.State.CONFLICT
    assert not Observation.objects.exists()


def test_a_bar_whose_session_has_ended_leads_the_page_to_sign_in_and_back(
    plan: Plan, contributor: User
) -> None:
    job = checked(plan, contributor, content(GOOD), "a.csv")
    ImportJob.objects.update(state="checking")
    shown = f"{job.get_absolute_url()}?lignes=2"

    def asked(page: str) -> Any:
        headers = {"HX-Request": "true", "HX-Current-URL": page}
        return Client().get(address("import_progress", plan, job.pk), headers=headers)

    answer = asked(f"http://testserver{shown}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert (
        answer["HX-Redirect"]
        == f"{reverse('account_login')}?{urlencode({'next': shown}, safe='/')}"
    )
    # Nothing else than a staff page of this site is led back to.
    for strange in ("https://attacker.example/agent/", "http://testserver/plans/", ""):
        assert asked(strange)["HX-Redirect"].endswith("?next=/agent/")
    # Without htmx it is the address itself.
    plain = Client().get(job.get_absolute_url())
    assert plain["Location"].endswith(f"?next={job.get_absolute_url()}")


def test_a_part_of_a_page_that_wants_a_second_factor_leads_the_page_to_it(
    plan: Plan, contributor: User
) -> None:
    job = checked(plan, contributor, content(GOOD), "a.csv")
    Plan.objects.filter(pk=plan.pk).update(requires_two_factor=True)
    answer = signed_in(contributor).get(
        address("import_progress", plan, job.pk), headers={"HX-Request": "true"}
    )
    assert answer["HX-Redirect"] == reverse("mfa_index")


# --- The page of a large file ---------------------------------------------------------------------


def test_the_bar_moves_and_the_page_comes_back_when_it_is_done(
    plan: Plan, contributor: User
) -> None:
    job = checked(plan, contributor, content(GOOD), "a.csv")
    client = signed_in(contributor)
    fragment = address("import_progress", plan, job.pk)
    ImportJob.objects.update(state="checking", share_done=0.42, rows_done=1234)

    page = client.get(job.get_absolute_url()).content.decode()
    moving = client.get(fragment, headers={"HX-Request": "true"})
    unscripted = client.get(fragment)
    ImportJob.objects.update(state="checked")
    done = client.get(fragment, headers={"HX-Request": "true"})

    for shown in (page, moving.content.decode()):
        assert 'max="100" value="42"' in shown
        assert "1 234 lignes lues" in plain(shown)
    assert "Actualiser" in page
    assert unscripted["Location"] == job.get_absolute_url()
    assert done["HX-Refresh"] == "true"


def large(plan: Plan, user: User, rows: int) -> ImportJob:
    years = range(1950, 1950 + rows)
    return checked(
        plan,
        user,
        content(*(f"entreprises;01/01/{year};31/12/{year};{year};bilan" for year in years)),
        "a.csv",
    )


def test_rows_are_shown_page_by_page_and_by_outcome(plan: Plan, contributor: User) -> None:
    job = large(plan, contributor, 60)
    client = signed_in(contributor)

    def shown(query: str) -> int:
        return client.get(f"{job.get_absolute_url()}?{query}").content.decode().count("<tr>") - 1

    assert (shown(""), shown("page=2"), shown("page=9"), shown("page=x")) == (50, 10, 10, 50)
    assert (shown("resultat=new&page=2"), shown("resultat=error"), shown("resultat=?")) == (
        10, -1, 50,
    )  # fmt: skip


def test_the_number_of_queries_does_not_follow_the_rows(plan: Plan, contributor: User) -> None:
    counted = []
    for rows in (2, 40):
        job = large(plan, contributor, rows)
        client = signed_in(contributor)
        with CaptureQueriesContext(connection) as queries:
            client.get(job.get_absolute_url())
        counted.append(len(queries))

    assert counted[0] == counted[1]


def test_the_pages_are_whole_html_without_inline_code(plan: Plan, contributor: User) -> None:
    wrong = checked(plan, contributor, content(WRONG), "a.csv")
    refused = checked(plan, contributor, b"", "b.csv")
    ready = checked(plan, contributor, content(GOOD), "c.csv")
    client = signed_in(contributor)
    pages = [
        client.get(one).content.decode()
        for one in (
            address("spreadsheets", plan),
            *(job.get_absolute_url() for job in (wrong, refused, ready)),
        )
    ]
    pages.append(send(client, plan, b"x" * 31_000_000).content.decode())
    ImportJob.objects.filter(pk=ready.pk).update(state="writing")
    pages.append(client.get(ready.get_absolute_url()).content.decode())

    for page in pages:
        assert html_errors(page) == []
        assert inline_code(page) == []


def test_the_tab_is_there_for_those_who_contribute(plan: Plan, contributor: User) -> None:
    link = f'href="{address("spreadsheets", plan)}"'

    opened = signed_in(contributor).get(address("plan", plan)).content.decode()
    viewed = signed_in(member(plan, Role.VIEWER)).get(address("plan", plan)).content.decode()

    assert link in opened
    assert link not in viewed


# --- Time -----------------------------------------------------------------------------------------


def test_files_are_removed_once_kept_long_enough(plan: Plan, contributor: User) -> None:
    job = written(checked(plan, contributor, content(GOOD), "a.csv"))
    path = Path(job.file.path)

    assert keeping.purge(at=NOON.replace(day=30)) == 0
    assert keeping.purge(at=NOON.replace(month=12, day=6)) == 1

    job.refresh_from_db()
    page = signed_in(contributor).get(job.get_absolute_url())
    assert (job.state, job.rows.count(), path.exists()) == ("written", 0, False)
    assert page.status_code == 200
    assert "n’est plus conservé" in page.content.decode()
    assert Observation.objects.get().period_start == date(2024, 1, 1)

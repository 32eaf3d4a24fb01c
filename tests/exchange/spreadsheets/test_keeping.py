"""How long an import is kept, and what the end of that time leaves alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage

from accounts.models import User
from exchange.models import ImportJob
from exchange.spreadsheets import jobs, keeping
from indicators.models import Observation
from plans.models import Plan
from tests.agent.staff import signed_in
from tests.exchange.spreadsheets.workbooks import NOON, checked, member, received, written
from tests.factories import IndicatorFactory, PlanFactory, SourceFactory

pytestmark = pytest.mark.django_db

State = ImportJob.State
LATER = NOON + timedelta(days=15)


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create()
    SourceFactory.create(plan=made, code="bilan")
    IndicatorFactory.create(plan=made, code="entreprises")
    return made


@pytest.fixture
def user(plan: Plan) -> User:
    return member(plan)


def a_file(year: int, code: str = "entreprises") -> bytes:
    titles = "Indicateur;Début de période;Fin de période;Valeur;Source"
    return f"{titles}\n{code};01/01/{year};31/12/{year};7;bilan\n".encode()


def state_of(job: ImportJob) -> str:
    job.refresh_from_db()
    return job.state


def test_what_waits_for_a_worker_waits_as_long_as_it_takes(plan: Plan, user: User) -> None:
    """The workers were down for longer than files are kept."""
    to_check = received(plan, user, a_file(2022), "a.csv")
    to_write = checked(plan, user, a_file(2023), "b.csv")
    jobs.confirm(to_write, submits=False, at=LATER)

    assert keeping.purge(at=LATER) == 0
    for number in jobs.take_up(at=LATER):
        jobs.work_on(number, at=LATER)

    assert (state_of(to_check), state_of(to_write)) == (State.CHECKED, State.WRITTEN)
    assert Observation.objects.get().period_start.year == 2023


def test_what_is_confirmed_and_written_during_the_purge_stays_so(
    plan: Plan, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = checked(plan, user, a_file(2022), "a.csv")
    second = checked(plan, user, a_file(2023), "b.csv")
    third = checked(plan, user, a_file(2021), "c.csv")
    remove = default_storage.delete

    def meanwhile(name: str) -> Any:
        """As the files of the first to be purged go, let others be confirmed."""
        monkeypatch.undo()
        written(others[0])
        jobs.confirm(others[1], submits=False, at=LATER)
        return remove(name)

    others = [second, first]  # the last that was sent is purged first
    monkeypatch.setattr(default_storage, "delete", meanwhile)
    # The one that is written meanwhile is outdated too: its file goes, what became of it stays.
    assert keeping.purge(at=LATER) == 2

    states = [state_of(job) for job in (first, second, third)]
    assert states == [State.CONFIRMED, State.WRITTEN, State.CANCELLED]
    assert (first.purged_at, first.rows.count()) == (None, 1)
    jobs.work_on(first.pk, at=LATER)
    assert {one.period_start.year for one in Observation.objects.all()} == {2022, 2023}


@pytest.mark.parametrize(
    "state", [State.WRITTEN, State.REFUSED, State.CONFLICT, State.FAILED, State.CANCELLED]
)
def test_what_became_of_an_import_stays(plan: Plan, user: User, state: str) -> None:
    job = checked(plan, user, a_file(2022), "a.csv")
    ImportJob.objects.update(state=state)

    assert keeping.purge(at=LATER) == 1
    assert keeping.purge(at=LATER) == 0

    assert (state_of(job), job.purged_at) == (state, LATER)
    assert (job.rows.count(), Path(job.file.path).exists()) == (0, False)
    assert (job.can_be_checked_again, job.can_be_cancelled) == (False, False)
    page = signed_in(user).get(job.get_absolute_url()).content.decode()
    assert "Contrôlez de nouveau" not in page
    assert "Contrôler de nouveau" not in page


def test_what_was_never_confirmed_is_given_up(plan: Plan, user: User) -> None:
    job = checked(plan, user, a_file(2022), "a.csv")

    assert keeping.purge(at=LATER) == 1

    assert state_of(job) == State.CANCELLED
    with pytest.raises(jobs.NotNowError):
        jobs.confirm(job, submits=False, at=LATER)

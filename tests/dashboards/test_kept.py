"""Parts of pages are kept by what they show: what is shown again is what would be rendered anew."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any

import pytest
from django.db import connection
from django.template import Context, Template, TemplateSyntaxError
from django.test import Client
from django.urls import reverse, set_urlconf
from django.utils import timezone, translation
from django.utils.safestring import SafeString
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.editing.preview import PreviewAddresses
from dashboards.contents import MeasureEntry, MeasureFacts
from dashboards.facts import (
    ActorFacts,
    IndicatorFacts,
    LatestFacts,
    MilestoneFacts,
    PeriodFacts,
    PlanRef,
    ProgressFacts,
    SourceFacts,
    TargetFacts,
    UnitFacts,
    UpdateFacts,
)
from dashboards.fragments import KEPT, Fragments
from dashboards.lines import IndicatorLine
from dashboards.milestones import MilestoneEntry
from dashboards.pages.plan import PlanPage
from indicators import services
from indicators.models import Freshness, Indicator, Observation, Qualifier, Status, Target, Unit
from indicators.services import refresh_all_progress
from measures.models import Advancement, Measure, Milestone
from objectives.models import Objective
from plans.models import Claim, Note, NoteCitation, Organisation, Plan, Sector, Source
from tests.dashboards.conftest import TODAY
from tests.dashboards.reading import main_text
from tests.factories import (
    ClaimFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    NoteCitationFactory,
    ObservationFactory,
    PlanFactory,
    UserFactory,
)

PAGE = "/plans/grand-est-2019/"
ROW = "components/measure_row.html"
NOON = datetime(2023, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    KEPT.clear()
    yield
    KEPT.clear()


def in_a_page(values: dict[str, Any], *, kept: bool, name: str = ROW) -> str:
    """Render a part as a page does: kept, or included."""
    pairs = " ".join(f"{key}={key}" for key in values)
    tag = f'kept "{name}" {pairs}' if kept else f'include "{name}" with {pairs} only'
    return Template("{% load kept %}{% " + tag + " %}").render(Context(values))


words = st.sampled_from(["", "a", "<b>", "été"])
some = st.sampled_from([Decimal(0), Decimal("0.4"), Decimal("0.40"), Decimal(71), Decimal(2500000)])
days = st.sampled_from([date(2020, 1, 1), date(2020, 12, 31), date(2021, 12, 31)])
sources = st.builds(SourceFacts, st.sampled_from(["bilan", "plan"]), words)
lines = st.builds(
    IndicatorLine,
    indicator=st.builds(
        IndicatorFacts,
        pk=st.just(1),
        objective_id=st.none(),
        measure_id=st.just(1),
        code=st.sampled_from(["un", "deux"]),
        title=words,
        frequency=st.sampled_from([None, "year", "month"]),
        baseline=st.none() | some,
        baseline_qualifier=st.sampled_from(["exact", "about"]),
        unit=st.builds(
            UnitFacts, words, words, st.sampled_from(["", "%", "€"]), st.sampled_from([0, 1])
        ),
    ),
    target=st.none()
    | st.builds(
        TargetFacts,
        kind=st.sampled_from(Target.Kind.values),
        operator=st.sampled_from(Target.Operator.values),
        value=some,
        tolerance=some,
        starts_on=st.none() | days,
        due_on=st.none() | days,
        derivation=words,
        assumption=words,
        locator=words,
        source=sources,
        periods=st.lists(st.builds(PeriodFacts, days, days, some), min_size=1, max_size=2).map(
            tuple
        ),
    ),
    progress=st.builds(
        ProgressFacts,
        status=st.sampled_from(Status.values),
        rate=st.none() | some,
        value=st.none() | some,
        target_value=some,
        expected=st.none() | some,
        expected_share=st.none() | some,
        derived_total=st.booleans(),
        from_zero=st.booleans(),
        reported_until=days,
        periods_reported=st.none() | st.integers(0, 3),
        periods_ended=st.none() | st.integers(0, 3),
        freshness=st.none() | st.sampled_from(Freshness.values),
        next_due_on=st.none() | days,
        latest=st.none()
        | st.builds(
            LatestFacts, days, days, st.booleans(), st.booleans(), words, st.none() | sources
        ),
    ),
    qualifier=st.none() | st.sampled_from(Qualifier.values),
)
actors = st.lists(st.builds(ActorFacts, words, words), max_size=2).map(tuple)
entries = st.builds(
    MeasureEntry,
    measure=st.builds(
        MeasureFacts,
        pk=st.just(1),
        objective_id=st.just(1),
        code=st.sampled_from(["une", "autre"]),
        title=words,
        state=st.none() | st.sampled_from(Advancement.values),
    ),
    leads=actors,
    sectors=actors,
    lines=st.lists(lines, max_size=2).map(tuple),
    milestones=st.lists(
        st.builds(
            MilestoneEntry,
            st.builds(MilestoneFacts, words, st.none() | days, words, st.none() | sources),
            st.none()
            | st.builds(
                UpdateFacts,
                st.sampled_from(Advancement.values),
                days,
                st.booleans(),
                st.booleans(),
                words,
                words,
                st.none() | sources,
            ),
        ),
        max_size=1,
    ).map(tuple),
)


@given(st.lists(entries, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_kept_part_reads_as_one_rendered_now(rows: list[MeasureEntry]) -> None:
    """However close to one another the facts of several measures are (0.4 and 0.40, a word)."""
    for row in [*rows, *rows]:
        values = {"entry": row, "plan": PlanRef("plan")}
        assert in_a_page(values, kept=True) == in_a_page(values, kept=False)


@given(lines, lines)
@settings(max_examples=60, deadline=None)
def test_lines_whose_words_differ_are_not_equal(one: IndicatorLine, other: IndicatorLine) -> None:
    values = [{"line": line, "plan": PlanRef("plan"), "heading": "h3"} for line in (one, other)]
    name = "components/indicator_line.html"
    first, second = (in_a_page(given, kept=False, name=name) for given in values)
    assert first == second or one != other


def plain_types(hint: Any, seen: set[Any]) -> Iterator[Any]:
    """Every type that a value may hold, however deep."""
    if typing.get_origin(hint) in (typing.Union, UnionType, tuple):
        for inner in typing.get_args(hint):
            if inner is not Ellipsis:
                yield from plain_types(inner, seen)
    elif hint not in seen:
        seen.add(hint)
        if dataclasses.is_dataclass(hint):
            assert hint.__dataclass_params__.frozen, hint  # type: ignore[union-attr]
            assert hint.__dataclass_params__.eq, hint  # type: ignore[union-attr]
        elif not hasattr(hint, "_fields"):
            yield hint
            return
        for inner in typing.get_type_hints(hint).values():
            yield from plain_types(inner, seen)


def test_what_is_kept_rests_on_plain_values_only() -> None:
    """No row of the database, which is equal to another as soon as their ids are."""
    hints = typing.get_type_hints(PlanPage)
    by_rows = {"plan", "related_to"}  # the frame of the page, never kept
    found = {
        kind
        for name, hint in hints.items()
        if name not in by_rows
        for kind in plain_types(hint, set())
    }
    assert found == {str, int, bool, date, Decimal, NoneType}


def test_a_row_of_the_database_is_refused() -> None:
    with pytest.raises(TypeError, match="plain values"):
        in_a_page(
            {"plan": Plan(slug="plan"), "claims": ()}, kept=True, name="components/claims.html"
        )


@pytest.mark.parametrize(
    "tag", ["kept", "kept name", 'kept "components/claims.html" claims', 'kept "a.html" only']
)
def test_the_tag_says_what_it_takes(tag: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="kept takes"):
        Template("{% load kept %}{% " + tag + " %}")


def test_each_language_and_each_set_of_addresses_has_its_own_parts() -> None:
    values = {"explanation": "", "plan": PlanRef("plan"), "stated": True}
    name = "components/not_retained.html"
    french = in_a_page(values, kept=True, name=name)
    with translation.override("en"):
        assert in_a_page(values, kept=True, name=name) == in_a_page(values, kept=False, name=name)
        assert in_a_page(values, kept=True, name=name) != french
    set_urlconf(PreviewAddresses("plan"))  # type: ignore[arg-type] # any object will do
    try:
        assert reverse("dashboards:sources", args=["plan"]) in in_a_page(
            values, kept=True, name=name
        )
        assert in_a_page(values, kept=True, name=name) != french
    finally:
        set_urlconf(None)
    assert in_a_page(values, kept=True, name=name) == french


def test_the_least_recently_shown_parts_leave_first() -> None:
    held = Fragments(most=10)
    rendered: list[str] = []

    def part(text: str) -> SafeString:
        def render() -> SafeString:
            rendered.append(text)
            return SafeString(text)

        return held.shown(text, render)

    for text in ("aaaa", "bbbb", "aaaa", "cccc", "aaaa", "bbbb"):
        assert part(text) == text
        assert held.characters <= 10
    assert rendered == ["aaaa", "bbbb", "cccc", "bbbb"]
    assert part("a part longer than all that may be kept")
    assert held.characters <= 10


@pytest.mark.django_db
@pytest.mark.usefixtures("today")
class TestPages:
    """The whole page of a plan, seen before and after a change."""

    @pytest.fixture(autouse=True)
    def _full(self, companies: Indicator) -> None:
        plan = companies.plan
        assert companies.measure is not None
        MilestoneUpdateFactory.create(
            milestone=MilestoneFactory.create(
                measure=companies.measure, source=Source.objects.get(code="bilan")
            ),
            as_of=TODAY,
            published=True,
        )
        NoteCitationFactory.create(note__plan=plan)
        for statement in ("Cinq ans", "Six ans"):
            ClaimFactory.create(plan=plan, statement=statement, subject=Claim.Subject.AXES)
        plan.sectors.add(Sector.objects.get(code="sante"))
        plan.participations.create(organisation=Organisation.objects.earliest("pk"), role="funder")
        PlanFactory.create(related_to=plan)
        refresh_all_progress(on=TODAY)

    def seen(self, client: Client, address: str = PAGE) -> str:
        """Return the page, which reads the same when nothing is kept."""
        shown = main_text(client.get(address))
        KEPT.clear()
        anew = main_text(client.get(address))
        assert shown == anew
        return shown

    @pytest.mark.parametrize(
        ("rows", "column"),
        [
            (Plan.objects.filter(slug="grand-est-2019"), "title"),
            (Plan.objects.filter(related_to__isnull=False), "title"),
            (Objective.objects, "title"),
            (Measure.objects, "title"),
            (Indicator.objects, "title"),
            (Indicator.objects, "frequency"),
            (Unit.objects, "name_plural"),
            (Target.objects, "derivation"),
            (Target.objects, "assumption"),
            (Target.objects, "locator"),
            (Source.objects.filter(code="deliberation"), "title"),
            (Source.objects.filter(code="bilan"), "title"),
            (Organisation.objects, "short_name"),
            (Sector.objects, "name"),
            (Milestone.objects, "title"),
            (Milestone.objects, "locator"),
            (Note.objects, "text"),
            (NoteCitation.objects, "statement"),
            (Claim.objects.filter(statement="Cinq ans"), "statement"),
        ],
        ids=lambda given: given if isinstance(given, str) else given.model.__name__,
    )
    def test_follow_any_change_of_what_they_show(
        self, client: Client, rows: Any, column: str
    ) -> None:
        before = self.seen(client)
        text = "month" if column == "frequency" else "Autrement dit"
        assert rows.update(**{column: text})
        refresh_all_progress(on=TODAY)
        after = self.seen(client)
        assert after != before
        assert column == "frequency" or text in after

    @pytest.mark.parametrize(
        ("table", "change"),
        [
            ("indicators_progressrecord", "status = 'watch'"),
            ("indicators_progressrecord", "rate = 0.77"),
            ("indicators_progressrecord", "value = 72"),
            ("indicators_progressrecord", "target_value = 176"),
            ("indicators_progressrecord", "expected = 69"),
            ("indicators_progressrecord", "derived_total = NOT derived_total"),
            ("indicators_progressrecord", "reported_until = '2021-11-30'"),
            ("indicators_progressrecord", "periods_reported = 1"),
            ("indicators_progressrecord", "periods_ended = 4"),
            ("indicators_progressrecord", "freshness = 'fresh'"),
            ("indicators_targetperiod", "value = 36 WHERE starts_on >= '2020-01-01'"),
            ("indicators_observation", "provisional = NOT provisional"),
            ("indicators_observation", "locator = 'p. 12'"),
            ("measures_milestoneupdate", "advancement = 'abandoned'"),
            ("measures_milestoneupdate", "as_of = '2023-01-02'"),
            ("measures_milestoneupdate", "locator = 'p. 12'"),
            ("measures_milestone", "due_on = '2031-01-02'"),
            ("measures_measure", "state = 'abandoned', state_reason = 'Sans suite.'"),
        ],
    )
    def test_follow_any_figure_however_it_was_changed(
        self, client: Client, table: str, change: str
    ) -> None:
        before = self.seen(client)
        with connection.cursor() as cursor:  # past the triggers, as a restored backup is written
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(f"UPDATE {table} SET {change}")
            cursor.execute("SET LOCAL session_replication_role = origin")
        assert self.seen(client) != before

    def test_render_anew_only_what_a_publication_changed(
        self, client: Client, companies: Indicator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client.get(PAGE)
        rendered: list[str] = []
        shown = KEPT.shown

        def counting(key: Any, render: Callable[[], SafeString]) -> SafeString:
            def counted() -> SafeString:
                rendered.append(key[0])
                return render()

            return shown(key, counted)

        monkeypatch.setattr(KEPT, "shown", counting)
        client.get(PAGE)
        assert rendered == []
        draft = ObservationFactory.create(
            indicator=companies,
            year=2022,
            value=Decimal(44),
            source=Source.objects.get(code="bilan"),
            state="submitted",
            author=UserFactory.create(),
        )
        services.publish(draft, reviewer=UserFactory.create(), at=NOON)
        page = main_text(client.get(PAGE))
        assert "115 sur 175" in page
        assert rendered == [ROW]
        assert page == self.seen(client)

    def test_never_hold_a_draft(self, client: Client, companies: Indicator) -> None:
        before = self.seen(client)
        ObservationFactory.create(
            indicator=companies, year=2022, value=Decimal(987654), comment="Brouillon"
        )
        assert self.seen(client) == before
        held = "".join([*map(str, KEPT._held), *KEPT._held.values()])
        assert "987654" not in held.replace("\u202f", "")
        assert "Brouillon" not in held

    def test_another_day_shows_what_is_known_of_that_day(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = self.seen(client)
        monkeypatch.setattr(timezone, "localdate", lambda *_: date(2026, 3, 1))
        after = self.seen(client)
        assert "1er mars 2026" in after
        assert "non atteint" in after or "échu, bilan non publié" in after
        assert after != before

    def test_withdrawing_a_value_takes_it_out(self, client: Client, companies: Indicator) -> None:
        assert "71 sur 175" in self.seen(client)
        latest = Observation.objects.filter(indicator=companies).latest("period_end")
        services.withdraw(latest, reason="Erreur.", at=NOON)
        after = self.seen(client)
        assert "71 sur 175" not in after
        assert "30 sur 175" in after

"""Many values in one request: each named by its indicator and its period, no other touched."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone, translation
from django.utils.http import parse_etags
from django.utils.translation import ngettext
from rest_framework.request import Request
from rest_framework.serializers import ValidationError as RefusedBody

from indicators import services
from indicators.draft_api import ObservationDrafts, SentObservationForm, observation_form
from indicators.draft_serializers import (
    OUTCOMES,
    BulkReportSerializer,
    BulkRowSerializer,
    BulkSerializer,
    BulkSettingsSerializer,
)
from indicators.known import Known, known_of
from indicators.models import Indicator, Observation
from indicators.serializers import indicator_address, period_of
from plans import contributing, together
from plans.api_support.drafts import form_errors, is_same_as_published, validation_errors
from plans.api_support.problems import Refused
from plans.api_support.writing import IN_ENGLISH, Act, pointed
from plans.locking import lock_plan
from plans.models import Contribution, Role
from plans.permissions import Action, Rights
from plans.sourcing import cite
from plans.together import Entry, NotTogetherError
from plans.workflow import EditConflictError, WorkflowError, entered, tell_reviewers_of_many


@dataclass(slots=True)
class Row:
    """A row of the request, and what becomes of it."""

    place: int
    content: dict[str, Any] = field(default_factory=dict)
    indicator: Indicator | None = None
    form: SentObservationForm | None = None
    stored: Observation | None = None
    """What was under way for the period before, then what was written."""
    outcome: str = ""
    errors: list[dict[str, str]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    confirmation: str = ""
    handed_in: bool = False

    def refuse(self, detail: str, pointer: str = "") -> None:
        """Note why the row is refused."""
        self.errors.append({"pointer": pointer, "detail": detail})

    @property
    def period(self) -> tuple[date, date]:
        """Its period."""
        return self.content["period_start"], self.content["period_end"]

    def turn(self) -> tuple[Any, ...]:
        """Return what tells when it is its turn to be locked and written."""
        assert self.indicator is not None
        stored = (1, 0) if self.stored is None else (0, self.stored.pk)
        return (*stored, self.indicator.pk, self.period)


class Undone(Exception):  # noqa: N818 - it is no error: what was asked was a rehearsal
    """Takes back what a rehearsal wrote."""


def contributable_among(indicators: Sequence[Indicator], rights: Rights) -> set[int]:
    """Return the ids of those the caller may contribute to: as `rights.may`, in one query."""
    keys = {indicator.pk for indicator in indicators}
    if not rights.may(Action.CONTRIBUTE):
        return set()
    if rights.role != Role.CONTRIBUTOR:
        return keys
    assigned = Indicator.objects.filter(pk__in=keys, measure__assignments__user=rights.user.pk)
    return set(assigned.values_list("pk", flat=True))


class ObservationBulk(ObservationDrafts):
    """Values of many indicators and periods, drafted, handed in or published at once."""

    acts = {
        "post": Act(
            name="observations_bulk",
            summary="Draft, hand in or publish many values.",
            takes=BulkSerializer,
            gives=BulkReportSerializer,
            errors=(409, 413, 415, 422),
            repeatable=True,
            tagged=False,
        )
    }

    def post(self, request: Request, **words: str) -> HttpResponseBase:
        """Upsert the rows by indicator and period."""

        def act() -> HttpResponse:
            asked = self.body_as(BulkSettingsSerializer)
            if asked["then"] == "publish":
                self.require_trust()
            rows = self.read(asked["rows"], handed_in=asked["then"] != "draft")
            try:
                with transaction.atomic():
                    if not (asked["atomic"] and refused(rows)) or asked["dry_run"]:
                        self.write_rows(rows, asked["then"])
                        self.tell_reviewers(rows)
                    report = self.report(rows, asked)
                    if asked["dry_run"] or (asked["atomic"] and refused(rows)):
                        raise Undone
            except Undone:
                pass
            if asked["atomic"] and refused(rows) and not asked["dry_run"]:
                raise all_refused(rows)
            return self.answered(report)

        return self.write(act)

    # --- Reading ------------------------------------------------------------------------------

    def read(self, sent: Sequence[Any], *, handed_in: bool) -> list[Row]:
        """Check each row by itself and against what is stored; a fixed number of queries."""
        with translation.override(IN_ENGLISH):
            body = BulkRowSerializer()
            rows = [understood(body, place, one) for place, one in enumerate(sent)]
            self._find_indicators(rows)
            refuse_twice_named(rows)
            known = known_of(
                list({row.indicator.pk: row.indicator for row in rows if row.indicator}.values())
            )
            for row in rows:
                if row.indicator is not None and not row.errors:
                    self._check(row, known[row.indicator.pk], handed_in=handed_in)
        return rows

    def _find_indicators(self, rows: Sequence[Row]) -> None:
        codes = {row.content["indicator"] for row in rows if not row.errors}
        found = {
            indicator.code: indicator
            for indicator in Indicator.objects.filter(
                plan=self.plan, code__in=codes
            ).select_related("plan__region", "unit", "measure")
        }
        allowed = contributable_among(list(found.values()), self.rights)
        for row in rows:
            if row.errors:
                continue
            row.indicator = found.get(row.content["indicator"])
            if row.indicator is None:
                row.refuse("The plan has no indicator of this code.", "/indicator")
            elif row.indicator.pk not in allowed:
                row.refuse("Its measure is not assigned to this system.", "/indicator")

    def _check(self, row: Row, known: Known, *, handed_in: bool) -> None:
        stored = known.open_for(row.period)
        row.stored = stored
        if stored is not None:
            stored.indicator = known.indicator
            self._refuse_unseen(row, stored)
            if row.errors:
                return
        instance = copy.copy(stored) if stored else Observation(indicator=known.indicator)
        before = None if stored is None else entered(stored)
        form = observation_form(known, row.content, instance, self.sources, on=timezone.localdate())
        row.form = form
        if not form.is_valid():
            if is_same_as_published(form):
                row.outcome, row.errors, row.stored = (
                    "unchanged",
                    [],
                    known.published_for(row.period),
                )
                return
            row.errors = form_errors(form)
            return
        row.doubts, row.confirmation = form.doubts, form.fingerprint if form.doubts else ""
        is_same = before == entered(form.instance) and form.document is None
        if is_same:
            row.outcome = "unchanged"
        if stored is not None and stored.state == Contribution.State.SUBMITTED:
            if not is_same:
                row.refuse("A value is in review for this period: it may be changed once returned.")
        elif handed_in and form.refuse_submission():
            row.errors = form_errors(form)

    def _refuse_unseen(self, row: Row, stored: Observation) -> None:
        """Refuse to replace what the system did not write, or has not seen."""
        seen = row.content["if_match"]
        if stored.author_id != self.system_user.pk:
            row.refuse("Someone else drafts this value: a system changes what it wrote itself.")
        elif seen and self.etag(stored) not in parse_etags(seen):
            row.refuse("The draft changed since: read it again.", "/if_match")
        elif not seen and stored.edited_by_id != self.system_user.pk:
            row.refuse("Someone else changed the draft: read it, then send its ETag.", "/if_match")

    # --- Writing ------------------------------------------------------------------------------

    def write_rows(self, rows: Sequence[Row], then: str) -> None:
        """Write what is to be written: all at once, or where that cannot be, row by row.

        What is stored in the order of its keys, then what is new in that of the indicators: two
        requests at once wait for each other, never in a ring.
        """
        fine = [row for row in rows if row.indicator is not None and not row.errors]
        due = [row for row in fine if row.outcome != "unchanged" or then != "draft"]
        due.sort(key=Row.turn)
        if any(row.form is not None and row.form.document is not None for row in due):
            lock_plan(self.plan)
        if then == "publish":
            services.lock_indicators({row.indicator.pk for row in fine if row.indicator})
        try:
            with transaction.atomic():
                self._write_together(due, then)
        except (NotTogetherError, IntegrityError):
            self._write_one_by_one(due, then)
        changed = {
            row.stored.indicator_id
            for row in due
            if not row.errors and row.stored is not None and row.stored.is_current
        }
        if then == "publish" and changed:
            services.refresh_progress(changed, on=timezone.localdate())

    def _write_together(self, rows: Sequence[Row], then: str) -> None:
        """Write all the rows; raises what `together.write` raises, and has then changed none."""
        entries = [self._entry(row) for row in rows]
        together.write(
            [entry for entry in entries if entry.stored is None or not entry.stored.is_current],
            self.plan,
            editor=self.system_user,
            submits=then != "draft",
            publishes=then == "publish",
            at=timezone.now(),
        )
        for row, entry in zip(rows, entries, strict=True):
            row.outcome = row.outcome or ("created" if row.stored is None else "updated")
            row.stored, row.handed_in = cast("Observation", entry.row), entry.was_handed_in

    def _entry(self, row: Row) -> Entry:
        if row.outcome == "unchanged":
            return Entry(None, row.stored)
        assert row.form is not None
        # A copy: where the rows cannot go together, each is written from its form as it was.
        content = copy.copy(row.form.instance)
        content._state = copy.copy(content._state)
        if row.form.document is not None:
            content.source = cite(self.plan, row.form.document)
        return Entry(content, row.stored)

    def _write_one_by_one(self, rows: Sequence[Row], then: str) -> None:
        """Write each row in a savepoint of its own, and note why one is refused."""
        for row in rows:
            try:
                with transaction.atomic():
                    self._write(row, then)
            except EditConflictError:
                row.refuse("Someone else began to draft this value just now.")
            except WorkflowError as error:
                row.refuse(str(error))
            except ValidationError as error:
                row.errors += validation_errors(error)

    def tell_reviewers(self, rows: Sequence[Row]) -> None:
        """Tell once of all that the request handed in and did not publish."""
        count = sum(
            row.handed_in and row.stored is not None and not row.stored.is_current
            for row in rows
            if not row.errors
        )
        if not count:
            return
        text = ngettext(
            "À relire : %(count)s valeur déposée par « %(name)s »",
            "À relire : %(count)s valeurs déposées par « %(name)s »",
            count,
        ) % {"count": count, "name": self.system_user.name}
        tell_reviewers_of_many(
            self.plan, self.system_user, text, key=f"bulk:{uuid.uuid4()}", at=timezone.now()
        )

    def _write(self, row: Row, then: str) -> None:
        now, user = timezone.now(), self.system_user
        stored = row.stored
        if row.outcome != "unchanged":
            assert row.form is not None
            row.outcome = "created" if stored is None else "updated"
            with translation.override(IN_ENGLISH):
                stored = contributing.save(
                    row.form.instance,
                    self.plan,
                    editor=user,
                    revision=None if stored is None else stored.revision,
                    at=now,
                    document=row.form.document,
                )
        assert stored is not None
        if then != "draft" and stored.state in (
            Contribution.State.DRAFT,
            Contribution.State.RETURNED,
        ):
            stored = contributing.submit(stored, revision=stored.revision, at=now, told=False)
            row.handed_in = True
        if then == "publish" and stored.state == Contribution.State.SUBMITTED:
            stored = services.publish(stored, reviewer=user, at=now, refresh=False)
        row.stored = stored

    # --- Telling ------------------------------------------------------------------------------

    def report(self, rows: Sequence[Row], asked: Mapping[str, Any]) -> Any:
        """Tell what became of each row."""
        keys = [row.stored.pk for row in rows if row.stored is not None and not row.errors]
        written = {one.pk: one for one in self.rows().filter(pk__in=keys)}
        results = []
        for row in rows:
            stored = None
            if row.stored is not None and not row.errors:
                stored = written.get(row.stored.pk)
            results.append(
                {
                    "row": row.place,
                    "indicator": row.content.get("indicator"),
                    "period": "--".join(map(str, row.period)) if row.content else None,
                    "outcome": "refused" if row.errors else row.outcome,
                    "state": None if stored is None else stored.state,
                    "url": None if stored is None else address_of(stored),
                    "etag": self.etag(stored)
                    if stored is not None and not stored.is_current
                    else None,
                    "errors": row.errors,
                    "doubts": row.doubts,
                    "confirmation": row.confirmation,
                }
            )
        counts = {
            outcome: sum(result["outcome"] == outcome for result in results) for outcome in OUTCOMES
        }
        settings = {name: asked[name] for name in ("atomic", "dry_run", "then")}
        return {"plan": self.plan.slug, **settings, **counts, "results": results}


def address_of(row: Observation) -> str:
    """Return where a value under way is, or where it is read once published."""
    place = "observations" if row.is_current else "drafts"
    return indicator_address(row.indicator, place, period_of(row))


def understood(body: BulkRowSerializer, place: int, sent: Any) -> Row:
    """Read one row; the serializer serves all of them."""
    try:
        return Row(place, content=body.run_validation(sent))
    except RefusedBody as error:
        return Row(place, errors=list(pointed(error.detail)))


def refuse_twice_named(rows: Sequence[Row]) -> None:
    """Refuse every row whose value another row of the request names too."""
    places: dict[tuple[int, date, date], list[Row]] = {}
    for row in rows:
        if row.indicator is not None and not row.errors:
            places.setdefault((row.indicator.pk, *row.period), []).append(row)
    for named in places.values():
        for row in named if len(named) > 1 else ():
            others = ", ".join(str(other.place) for other in named if other is not row)
            row.refuse(f"The same indicator and period stand in row {others} too.")


def refused(rows: Sequence[Row]) -> int:
    """Return how many rows are refused."""
    return sum(bool(row.errors) for row in rows)


def all_refused(rows: Sequence[Row]) -> Refused:
    """Return the refusal of a request of which a row is refused."""
    errors = [
        {"pointer": f"/rows/{row.place}{error['pointer']}", "detail": error["detail"]}
        for row in rows
        for error in row.errors
    ]
    count = refused(rows)
    detail = f"{count} of {len(rows)} rows are refused, and nothing was written."
    return Refused(422, detail, errors=errors)

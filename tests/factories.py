"""One factory per model, with traits for the states that tests ask for.

What a factory leaves unsaid is missing in the database too: no date, no budget, no baseline.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import factory
from django.db import transaction
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import User
from indicators.models import (
    Checkpoint,
    Indicator,
    Observation,
    Target,
    TargetPeriod,
    Unit,
)
from measures.models import Measure, Milestone, MilestoneUpdate
from objectives.models import Objective
from plans.models import (
    Claim,
    Membership,
    Note,
    NoteCitation,
    Organisation,
    Plan,
    Region,
    Role,
    Sector,
    Source,
)


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        superuser = factory.Trait(is_staff=True, is_superuser=True)

    email = factory.Sequence(lambda n: f"agent{n}@example.org")
    name = factory.Sequence(lambda n: f"Agent {n}")


class RegionFactory(DjangoModelFactory[Region]):
    class Meta:
        model = Region
        django_get_or_create = ("insee_code",)

    class Params:
        demonstration = factory.Trait(
            insee_code="X01", slug="region-exemple", name="Région Exemple", fictitious=True
        )

    insee_code = "44"
    slug = "grand-est"
    name = "Grand Est"


class OrganisationFactory(DjangoModelFactory[Organisation]):
    class Meta:
        model = Organisation

    code = factory.Sequence(lambda n: f"organisation-{n}")
    name = factory.Sequence(lambda n: f"Organisation {n}")


class SectorFactory(DjangoModelFactory[Sector]):
    class Meta:
        model = Sector

    code = factory.Sequence(lambda n: f"filiere-{n}")
    name = factory.Sequence(lambda n: f"Filière {n}")


class PlanFactory(DjangoModelFactory[Plan]):
    class Meta:
        model = Plan

    region = factory.SubFactory(RegionFactory)
    slug = factory.Sequence(lambda n: f"plan-{n}")
    kind = Plan.Kind.REGIONAL_PLAN
    title = factory.Sequence(lambda n: f"Plan {n}")
    is_public = True


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    plan = factory.SubFactory(PlanFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.CONTRIBUTOR


class SourceFactory(DjangoModelFactory[Source]):
    class Meta:
        model = Source

    plan = factory.SubFactory(PlanFactory)
    code = factory.Sequence(lambda n: f"source-{n}")
    kind = Source.Kind.OFFICIAL
    title = factory.Sequence(lambda n: f"Délibération {n}")
    url = factory.Sequence(lambda n: f"https://example.org/deliberation-{n}")


class ClaimFactory(DjangoModelFactory[Claim]):
    class Meta:
        model = Claim

    class Params:
        derived = factory.Trait(source=None, derivation="Déduit de la durée annoncée.")

    plan = factory.SubFactory(PlanFactory)
    code = factory.Sequence(lambda n: f"affirmation-{n}")
    subject = Claim.Subject.OTHER
    statement = "Ce que dit la source"
    source = factory.SubFactory(SourceFactory, plan=factory.SelfAttribute("..plan"))


class NoteFactory(DjangoModelFactory[Note]):
    class Meta:
        model = Note

    plan = factory.SubFactory(PlanFactory)
    code = factory.Sequence(lambda n: f"note-{n}")
    kind = Note.Kind.CONTEXT
    text = factory.Sequence(lambda n: f"Note {n}")


class NoteCitationFactory(DjangoModelFactory[NoteCitation]):
    class Meta:
        model = NoteCitation

    note = factory.SubFactory(NoteFactory)
    source = factory.SubFactory(SourceFactory, plan=factory.SelfAttribute("..note.plan"))


class ObjectiveFactory(DjangoModelFactory[Objective]):
    class Meta:
        model = Objective

    plan = factory.SubFactory(PlanFactory)
    code = factory.Sequence(lambda n: f"o{n}")
    kind = Objective.Kind.OBJECTIVE
    position = factory.Sequence(int)
    title = factory.Sequence(lambda n: f"Objectif {n}")


class MeasureFactory(DjangoModelFactory[Measure]):
    """A measure; give `plan` and its objective is made in that plan."""

    class Meta:
        model = Measure

    plan = factory.SubFactory(PlanFactory)
    objective = factory.SubFactory(ObjectiveFactory, plan=factory.SelfAttribute("..plan"))
    code = factory.Sequence(lambda n: f"m{n}")
    position = factory.Sequence(int)
    title = factory.Sequence(lambda n: f"Mesure {n}")


class MilestoneFactory(DjangoModelFactory[Milestone]):
    class Meta:
        model = Milestone

    measure = factory.SubFactory(MeasureFactory)
    code = factory.Sequence(lambda n: f"j{n}")
    title = factory.Sequence(lambda n: f"Jalon {n}")


class MilestoneUpdateFactory(DjangoModelFactory[MilestoneUpdate]):
    class Meta:
        model = MilestoneUpdate

    class Params:
        published = factory.Trait(
            state="published",
            published_at=factory.LazyFunction(timezone.now),
            source=factory.SubFactory(
                SourceFactory, plan=factory.SelfAttribute("..milestone.measure.plan")
            ),
        )

    milestone = factory.SubFactory(MilestoneFactory)
    as_of = date(2022, 8, 30)
    advancement = "done"


class UnitFactory(DjangoModelFactory[Unit]):
    class Meta:
        model = Unit
        django_get_or_create = ("code",)

    class Params:
        percent = factory.Trait(
            code="pour-cent",
            name="pour cent",
            name_plural="pour cent",
            symbol="%",
            decimals=1,
            ratio_scale=Decimal(100),
        )

    code = "entreprises"
    name = "entreprise"
    name_plural = "entreprises"


class IndicatorFactory(DjangoModelFactory[Indicator]):
    """A yearly flow on a measure of `plan`; `on_plan` hangs it on the plan itself."""

    class Meta:
        model = Indicator

    class Params:
        on_plan = factory.Trait(measure=None)
        stock = factory.Trait(measurement="stock")
        ratio = factory.Trait(
            measurement="ratio", unit=factory.SubFactory(UnitFactory, percent=True)
        )

    plan = factory.SubFactory(PlanFactory)
    measure = factory.SubFactory(MeasureFactory, plan=factory.SelfAttribute("..plan"))
    code = factory.Sequence(lambda n: f"i{n}")
    position = factory.Sequence(int)
    title = factory.Sequence(lambda n: f"Indicateur {n}")
    kind = Indicator.Kind.OUTPUT
    measurement = "flow"
    unit = factory.SubFactory(UnitFactory)
    frequency = Indicator.Frequency.YEAR


class TargetFactory(DjangoModelFactory[Target]):
    """A total of 100; a quota has 35 for 2020, or `periods` given as {year: value}."""

    class Meta:
        model = Target
        skip_postgeneration_save = True

    class Params:
        level = factory.Trait(kind="level")
        threshold = factory.Trait(kind="threshold")

    indicator = factory.SubFactory(IndicatorFactory)
    kind = "total"
    value: Any = Decimal(100)
    wording = "« 100 entreprises »"
    source = factory.SubFactory(SourceFactory, plan=factory.SelfAttribute("..indicator.plan"))

    @classmethod
    def _generate(cls, strategy: Any, params: Any) -> Any:
        # The database checks at commit that a quota has periods: both in one transaction.
        with transaction.atomic():
            return super()._generate(strategy, params)

    @factory.post_generation  # type: ignore[untyped-decorator] # the package has no types
    def periods(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        """Give a quota the years passed as {year: value}; {} leaves it without period."""
        if not create or self.kind != "quota":
            return
        for year, value in ({2020: 35} if extracted is None else extracted).items():
            TargetPeriodFactory.create(
                target=self,
                starts_on=date(year, 1, 1),
                ends_on=date(year, 12, 31),
                value=Decimal(value),
            )

    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        if kwargs.get("kind") == "quota":
            kwargs["value"] = None
        return kwargs

    @classmethod
    def with_yearly_quota(cls, years: dict[int, int], **kwargs: Any) -> Target:
        """Make a quota target with one calendar year per item."""
        target: Target = cls.create(kind="quota", wording="« par an »", periods=years, **kwargs)
        return target


class TargetPeriodFactory(DjangoModelFactory[TargetPeriod]):
    class Meta:
        model = TargetPeriod

    target = factory.SubFactory(TargetFactory, kind="quota", periods={})
    starts_on = date(2020, 1, 1)
    ends_on = date(2020, 12, 31)
    value = Decimal(35)


class CheckpointFactory(DjangoModelFactory[Checkpoint]):
    class Meta:
        model = Checkpoint

    target = factory.SubFactory(
        TargetFactory, level=True, indicator=factory.SubFactory(IndicatorFactory, stock=True)
    )
    on = date(2025, 12, 31)
    value = Decimal(50)


class ObservationFactory(DjangoModelFactory[Observation]):
    """A draft for the year 2020; `published` makes it public, as a plan file does."""

    class Meta:
        model = Observation

    class Params:
        year = 2020
        published = factory.Trait(
            state="published",
            published_at=factory.LazyFunction(timezone.now),
            source=factory.SubFactory(
                SourceFactory, plan=factory.SelfAttribute("..indicator.plan")
            ),
        )

    indicator = factory.SubFactory(IndicatorFactory)
    period_start = factory.LazyAttribute(lambda row: date(row.year, 1, 1))
    period_end = factory.LazyAttribute(lambda row: date(row.year, 12, 31))
    value: Any = Decimal(30)

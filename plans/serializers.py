"""Plans, what they share and where their statements come from, as the API writes them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from plans.api_support.fields import (
    Address,
    Choice,
    Day,
    Flag,
    Listed,
    Moment,
    Number,
    Reasons,
    Text,
    Whole,
    address,
)
from plans.models import Claim, Note, OrganisationRole, Plan, Source

PLAN = "grand-est-2019"


def label(name: str, what: str, example: str, **kwargs: Any) -> Text:
    """Return the field that says a code in French."""

    def of(row: Any) -> str | None:
        return getattr(row, f"get_{name}_display")() if getattr(row, name) else None

    return Text(f"{what} in French.", of=of, example=example, **kwargs)


def updated_at() -> Moment:
    return Moment(
        "When this row last changed; null where nothing tells.",
        example="2026-11-20T23:00:00Z",
        allow_null=True,
    )


def public_page(row: Any) -> str:
    return f"{settings.BASE_URL}{row.get_absolute_url()}"


def page(what: str, path: str) -> Address:
    return Address(
        f"The public page of the {what}.",
        of=public_page,
        example=f"https://plans.example.org{path}",
    )


def api_example(path: str) -> str:
    return f"https://plans.example.org/api/v1/{path}/"


def of_plan() -> tuple[Text, Address]:
    """Return the two fields that lead to the plan of a row."""
    return (
        Text("The slug of the plan.", of=lambda row: row.plan.slug, example=PLAN),
        Address(
            "The plan.",
            of=lambda row: address("plans", row.plan.slug),
            example=api_example(f"plans/{PLAN}"),
        ),
    )


def plan_and_code(code: str) -> Text:
    """Return the field that says what identifies a row among those of all plans."""
    return Text(
        "Plan and code.", of=lambda row: f"{row.plan.slug}/{row.code}", example=f"{PLAN}/{code}"
    )


def note_codes() -> Listed:
    return Listed(
        "The codes of the notes on it.",
        of=lambda row: [note.code for note in row.notes.all()],
        example=["duree"],
    )


def source_address(name: str = "source") -> Address:
    def of(row: Any) -> str | None:
        source = getattr(row, name)
        plan = source and getattr(row, "plan", None)
        return (
            None
            if source is None
            else address("plans", (plan or source.plan).slug, "sources", source.code)
        )

    return Address(
        "The source; null when it is not stated.",
        of=of,
        allow_null=True,
        example=api_example(f"plans/{PLAN}/sources/deliberation"),
    )


def locator(name: str = "locator") -> Text:
    return Text(
        "Where in the source; empty when not told.",
        example="p. 4",
        source=None if name == "locator" else name,
    )


class RegionSerializer(serializers.Serializer[Any]):
    """A French region that has a public plan."""

    slug = Text("What identifies the region in addresses.", example="grand-est")
    insee_code = Text(
        "Its code in the Code officiel géographique; X and two digits for a fictitious region.",
        example="44",
    )
    name = Text("Its name.", example="Grand Est")
    fictitious = Flag("Whether the region is made up, for demonstration.", example=False)
    url = Address(
        "This resource.",
        of=lambda row: address("regions", row.slug),
        example=api_example("regions/grand-est"),
    )
    plans_url = Address(
        "The plans of the region.",
        of=lambda row: f"{address('plans')}?region={row.slug}",
        example=api_example("plans") + "?region=grand-est",
    )
    updated_at = updated_at()


class OrganisationSerializer(serializers.Serializer[Any]):
    """A body that takes part in a public plan or in a measure of one."""

    code = Text("What identifies the organisation.", example="region-grand-est")
    name = Text("Its name.", example="Région Grand Est")
    short_name = Text("A shorter name; empty when there is none.", example="Grand Est")
    website = Address(
        "Its site; null when not known.",
        of=lambda row: row.url or None,
        allow_null=True,
        example="https://www.grandest.fr/",
    )
    url = Address(
        "This resource.",
        of=lambda row: address("organisations", row.code),
        example=api_example("organisations/region-grand-est"),
    )
    updated_at = updated_at()


class SectorSerializer(serializers.Serializer[Any]):
    """A field of the economy that a public plan gives priority to."""

    code = Text("What identifies the sector.", example="sante")
    name = Text("Its name.", example="Santé")
    url = Address(
        "This resource.",
        of=lambda row: address("sectors", row.code),
        example=api_example("sectors/sante"),
    )
    updated_at = updated_at()


class ParticipationSerializer(serializers.Serializer[Any]):
    """The part of an organisation in a plan or a measure."""

    organisation = Text(
        "The code of the organisation.",
        of=lambda row: row.organisation.code,
        example="region-grand-est",
    )
    name = Text("Its name.", of=lambda row: row.organisation.name, example="Région Grand Est")
    role = Choice("What it does there.", OrganisationRole)
    role_label = label("role", "The role", "porteur")


class FactSerializer(serializers.Serializer[Any]):
    """What a date or an amount of a plan rests on: the claim that the site retains."""

    derived = Flag("Whether we infer it, no source stating it.", example=False)
    derivation = Text("How it is inferred; empty when a source states it.", example="")
    source = Text(
        "The code in the plan of the source that states it; null when it is derived.",
        of=lambda claim: claim.source and claim.source.code,
        allow_null=True,
        example="deliberation",
    )
    locator = locator()
    claim = Text("The code of the claim in the plan.", source="code", example="budget-2019")


def fact(what: str) -> FactSerializer:
    """Return the field that says what a fact of a plan rests on."""
    return FactSerializer(
        allow_null=True,
        read_only=True,
        help_text=f"What {what} rests on; null when it is not known.",
    )


class ProvenanceSerializer(serializers.Serializer[Any]):
    """Whether the dates and the budget of a plan are stated or derived, and by what."""

    adopted_on = fact("the day of its adoption")
    starts_on = fact("its first day")
    ends_on = fact("its last day")
    budget = fact("its budget")


class PlanSerializer(serializers.Serializer[Any]):
    """A regional AI plan or roadmap, or a programme related to one."""

    slug = Text("What identifies the plan in addresses.", example=PLAN)
    url = Address(
        "This resource.",
        of=lambda row: address("plans", row.slug),
        example=api_example(f"plans/{PLAN}"),
    )
    page_url = page("plan", f"/plans/{PLAN}/")
    region = Text("The slug of the region.", of=lambda row: row.region.slug, example="grand-est")
    region_url = Address(
        "The region.",
        of=lambda row: address("regions", row.region.slug),
        example=api_example("regions/grand-est"),
    )
    fictitious = Flag(
        "Whether the plan is made up, for demonstration.",
        of=lambda row: row.region.fictitious,
        example=False,
    )
    kind = Choice("What the plan is.", Plan.Kind)
    kind_label = label("kind", "The kind", "plan régional")
    title = Text("The title.", example="Plan IA Grand Est")
    summary = Text("What it is about.", example="Cinq objectifs pour diffuser l’IA.")
    ambition = Text(
        "What it sets out to reach, as its source words it.",
        example="Devenir une référence européenne.",
    )
    related_to = Text(
        "The slug of the plan it is related to; null for none.",
        of=lambda row: row.related_to.slug if row.related_to and row.related_to.is_public else None,
        allow_null=True,
        example="auvergne-rhone-alpes-2022",
    )
    adopted_on = Day("The day of its adoption.", allow_null=True, example="2019-06-20")
    starts_on = Day("Its first day.", allow_null=True, example="2019-06-20")
    ends_on = Day("Its last day.", allow_null=True, example="2024-12-31")
    budget = Number("Its budget, in euros.", allow_null=True, example="350000000")
    missing_reason = Reasons(
        "adopted_on", "starts_on", "ends_on", "budget", example={"budget": "not_stated"}
    )
    provenance = ProvenanceSerializer(
        read_only=True,
        help_text="What each of these dates and the budget rests on: what is `derived` no source "
        "states.",
    )
    sectors = Listed(
        "The codes of its priority sectors.",
        of=lambda row: [s.code for s in row.sectors.all()],
        example=["sante"],
    )
    organisations = ParticipationSerializer(
        many=True, read_only=True, source="participations", help_text="Who takes part, and how."
    )
    on_track_from = Number(
        "Pace from which a target is on track: a share of the expected pace.", example="0.95"
    )
    watch_from = Number(
        "Pace from which a target is to watch; below, it is behind.", example="0.85"
    )
    early_below = Number(
        "Share of the target expected so far below which it is too early.", example="0.1"
    )
    updated_at = updated_at()


class SourceSerializer(serializers.Serializer[Any]):
    """A document that a figure, a date or a statement of a plan comes from."""

    id = plan_and_code("deliberation")
    plan, plan_url = of_plan()
    code = Text("What identifies the source in its plan.", example="deliberation")
    url = Address(
        "This resource.",
        of=lambda row: address("plans", row.plan.slug, "sources", row.code),
        example=api_example(f"plans/{PLAN}/sources/deliberation"),
    )
    kind = Choice("What kind of source it is.", Source.Kind)
    kind_label = label("kind", "The kind", "source officielle")
    title = Text("The title of the document.", example="Délibération du 20 juin 2019")
    publisher = Text("Who published it; empty when not known.", example="Région Grand Est")
    document_url = Address(
        "Where the document is; null when not on line.",
        of=lambda row: row.url or None,
        allow_null=True,
        example="https://www.grandest.fr/deliberation.pdf",
    )
    published_on = Day(
        "When it was published, as precisely as `published_precision` says.",
        allow_null=True,
        example="2019-06-20",
    )
    published_precision = Choice(
        "How precise the date is; the rest of it means nothing.", Source.Precision
    )
    published_inferred = Flag("Whether the date is inferred from the content.", example=False)
    comment = Text("A remark on the document.", example="Seul le début a été lu.")
    missing_reason = Reasons("published_on")
    updated_at = updated_at()


class ClaimSerializer(serializers.Serializer[Any]):
    """What one source says of a date, a budget or another fact of a plan."""

    id = plan_and_code("budget-2019")
    plan, plan_url = of_plan()
    code = Text("What identifies the claim in its plan.", example="budget-2019")
    url = Address(
        "This resource.",
        of=lambda row: address("plans", row.plan.slug, "claims", row.code),
        example=api_example(f"plans/{PLAN}/claims/budget-2019"),
    )
    subject = Choice("What the claim is about.", Claim.Subject)
    subject_label = label("subject", "The subject", "budget")
    statement = Text("What the source says.", example="350 millions d’euros sur cinq ans")
    date = Day(
        "The date it states; null when it states none.", allow_null=True, example="2019-06-20"
    )
    amount = Number(
        "The amount it states, in euros; null when it states none.",
        allow_null=True,
        example="350000000",
    )
    missing_reason = Reasons("date", "amount", example={"date": "not_stated"})
    retained = Flag("Whether the site reckons with this claim.", example=True)
    derived = Flag("Whether we infer it, no source stating it.", example=False)
    derivation = Text("How it is inferred; empty when a source states it.", example="")
    source = source_address()
    locator = locator()
    updated_at = updated_at()


class CitationSerializer(serializers.Serializer[Any]):
    """What a source of a note says."""

    source = Text(
        "The code of the source in the plan.",
        of=lambda row: row.source.code,
        example="deliberation",
    )
    locator = locator()
    statement = Text("What it says; empty when the note says it.", example="35 entreprises par an")


class NoteSerializer(serializers.Serializer[Any]):
    """Something a reader must know about a plan or a part of it."""

    id = plan_and_code("duree")
    plan, plan_url = of_plan()
    code = Text("What identifies the note in its plan.", example="duree")
    url = Address(
        "This resource.",
        of=lambda row: address("plans", row.plan.slug, "notes", row.code),
        example=api_example(f"plans/{PLAN}/notes/duree"),
    )
    kind = Choice("What kind of note it is.", Note.Kind)
    kind_label = label("kind", "The kind", "hypothèse")
    text = Text("The note.", example="La source ne donne pas de calendrier.")
    position = Whole("Its rank in the plan.", example=1)
    citations = CitationSerializer(
        many=True, read_only=True, help_text="The sources, and what each says."
    )
    updated_at = updated_at()

"""What loading a file adds, changes, renames and leaves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pghistory.models import Context, Events

from indicators.models import Indicator, Observation, ProgressRecord, Target
from measures.models import Measure, MeasureOrganisation
from objectives.models import Objective
from plans.models import Claim, Note, NoteCitation, Plan, Source
from tests.exchange.plan_rows import everything, ids
from tests.exchange.plan_texts import (
    EXAMPLE,
    NOW,
    RELATED,
    SMALL,
    edited,
    load,
    refused,
    told,
)
from tests.typography import plain

pytestmark = pytest.mark.django_db


# --- Adding ------------------------------------------------------------------------------------


def test_a_new_plan_is_added_with_all_its_parts(tmp_path: Path) -> None:
    [report] = load(tmp_path, SMALL)
    assert told(report) == [
        "+ 1 région : 44",
        "+ 1 organisation : agence",
        "+ 1 filière : sante",
        "+ 1 unité : entreprise",
        "+ 1 plan : petit",
        "+ 1 source : seed",
        "+ 1 axe ou objectif : o1",
        "+ 1 mesure : pack",
        "+ 1 jalon : pack/guichet",
        "+ 1 état de jalon : pack/guichet (1er juin 2024)",
        "+ 1 indicateur : aidees",
        "+ 1 cible : aidees/cible",
        "+ 1 observation : aidees (2024)",
    ]
    observation = Observation.objects.get()
    assert (
        observation.value,
        observation.state,
        observation.author,
        observation.reviewer,
        observation.published_at,
        observation.recorded_at,
    ) == (Decimal(23), "published", None, None, NOW, NOW)


def test_the_documented_example_becomes_these_rows(tmp_path: Path) -> None:
    load(tmp_path, EXAMPLE, RELATED)
    plan = Plan.objects.get(slug="modele-2024")
    indicator = Indicator.objects.get(code="entreprises-aidees")
    quota = Target.objects.get(kind="quota")
    baseline = Indicator.objects.get(code="part-equipee")
    note = Note.objects.get()
    assert {
        "plan": (plan.former_slugs, plan.budget, plan.on_track_from, plan.early_below),
        "region": (plan.region.insee_code, plan.region.fictitious),
        "actors": [(row.organisation.code, row.role) for row in plan.participations.all()],
        "related": Plan.objects.get(slug="programme-modele").related_to,
        "dates of sources": list(
            Source.objects.order_by("code").values_list(
                "published_on", "published_precision", "published_inferred"
            )
        ),
        "retained": list(
            Claim.objects.filter(retained=True).order_by("code").values_list("code", flat=True)
        ),
        "note": (note.text, [row.statement for row in note.citations.all()]),
        "parents": list(Objective.objects.order_by("code").values_list("code", "parent__code")),
        "measure": list(Measure.objects.values_list("objective__code", "state", "former_codes")),
        "indicator": (indicator.parent, [one.code for one in indicator.notes.all()]),
        "baseline": (baseline.baseline, baseline.baseline_on, baseline.baseline_qualifier),
        "on the plan": Indicator.objects.get(code="satisfaction").parent,
        "quota": [(row.starts_on.year, row.value) for row in quota.periods.all()],
        "checkpoints": list(
            Target.objects.get(kind="level").checkpoints.values_list("on", "value")
        ),
        "abandoned": list(
            Target.objects.filter(abandoned_on__isnull=False).values_list("code", "abandoned_on")
        ),
        "ratio": list(
            Observation.objects.filter(measurement="ratio").values_list("numerator", "denominator")
        ),
        "order": list(Indicator.objects.order_by("position").values_list("code", flat=True)),
    } == {
        "plan": (["modele"], Decimal("1500000.50"), Decimal("0.9"), Decimal("0.05")),
        "region": ("X99", True),
        "actors": [("modele-region", "lead"), ("modele-agence", "partner")],
        "related": plan,
        "dates of sources": [
            (date(2025, 3, 1), "month", True),
            (date(2024, 1, 15), "day", False),
        ],
        "retained": ["adoption", "budget", "debut", "fin"],
        "note": (
            (
                "Les deux sources ne donnent pas le même montant.\n\n"
                "Le site retient celui de la délibération."
            ),
            ["1 500 000 €", "2 millions d’euros"],
        ),
        "parents": [("accompagnement", "entreprises"), ("entreprises", None)],
        "measure": [("accompagnement", "abandoned", ["kit"])],
        "indicator": (Measure.objects.get(), ["montants"]),
        "baseline": (Decimal(4), date(2023, 12, 31), "about"),
        "on the plan": plan,
        "quota": [(2024, Decimal(35)), (2025, Decimal("40.5"))],
        "checkpoints": [(date(2026, 12, 31), Decimal(6))],
        "abandoned": [("ensemble", date(2026, 6, 30))],
        "ratio": [(Decimal(41), Decimal(50))],
        "order": ["satisfaction", "part-equipee", "entreprises-aidees"],
    }


def test_progress_is_stored_by_the_time_the_load_ends(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    assert list(ProgressRecord.objects.values_list("status", "rate", "evaluated_on")) == [
        ("open_ended", Decimal("0.23"), date(2026, 3, 1))
    ]
    load(tmp_path, edited(SMALL, ("value: 23,", "value: 46, correction_reason: Oubli,")))
    assert list(ProgressRecord.objects.values_list("rate", flat=True)) == [Decimal("0.46")]


def test_the_audit_trail_names_the_file(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    assert [context.metadata for context in Context.objects.all()] == [
        {"command": "load_plan 1.yaml"}
    ]
    assert Events.objects.tracks(Plan.objects.get()).get().pgh_label == "insert"


# --- Again -------------------------------------------------------------------------------------


def test_loading_again_changes_nothing_and_says_so(tmp_path: Path) -> None:
    load(tmp_path, EXAMPLE, RELATED)
    before = everything()
    reports = load(tmp_path, EXAMPLE, RELATED)
    assert [[plain(line) for line in report.lines()][1:] for report in reports] == [
        ["  rien à changer (29 éléments inchangés)"],
        ["  rien à changer (2 éléments inchangés)"],
    ]
    assert everything() == before


def test_a_number_written_otherwise_is_no_change(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    before = everything()
    load(tmp_path, edited(SMALL, ("value: 23,", "value: 23.00,"), ("value: 100", "value: 100.0")))
    assert everything() == before


def test_blank_ends_and_line_ends_are_no_change(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    Measure.objects.update(title=" Pack IA ", summary="un\r\ndeux\n")
    [report] = load(
        tmp_path,
        edited(
            SMALL,
            ("title: Pack IA", "title: Pack IA\n        summary: |\n          un\n          deux"),
        ),
    )
    assert report.changes_nothing


def test_a_dry_run_tells_and_undoes(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    before = everything()
    text = edited(
        SMALL,
        ("title: Pack IA", "title: Pack"),
        ("sources:", "notes: [{code: n, kind: context, text: N}]\nsources:"),
    )
    [report] = load(tmp_path, text, dry_run=True)
    assert told(report) == ["+ 1 note : n", "~ mesure pack, title : Pack IA → Pack"]
    assert everything() == before


# --- Changing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("name: Grand Est", "name: Grand-Est", "région 44, name : Grand Est → Grand-Est"),
        (
            "name: Agence",
            "name: Agence, url: https://a.example",
            "organisation agence, url : (rien) → https://a.example",
        ),
        (
            "name_plural: entreprises",
            "name_plural: entreprises, decimals: 2",
            "unité entreprise, decimals : 0 → 2",
        ),
        ("title: Petit plan", "title: Plan", "plan petit, title : Petit plan → Plan"),
        ("public: true", "public: false", "plan petit, public : true → false"),
        (
            "public: true",
            "public: true, sectors: [sante]",
            "plan petit, sectors : (rien) → [sante]",
        ),
        (
            "public: true",
            "public: true, organisations: [{organisation: agence, role: lead, source: seed}]",
            (
                "plan petit, organisations : (rien) → [{organisation: agence, role: lead, source: "
                "seed}]"
            ),
        ),
        (
            "title: Délibération",
            "title: Délibération, published_on: 2019",
            "source seed, published_on : (rien) → 2019",
        ),
        ("title: Premier axe", "title: Axe", "axe ou objectif o1, title : Premier axe → Axe"),
        (
            "title: Pack IA",
            "title: Pack IA\n        state: done",
            "mesure pack, state : (rien) → done",
        ),
        (
            "title: Guichet",
            "title: Guichet\n            due_on: 2024-12-31",
            "jalon pack/guichet, due_on : (rien) → 2024-12-31",
        ),
        (
            "unit: entreprise",
            "unit: entreprise\n            baseline: {value: 2, source: seed}",
            "indicateur aidees, baseline : {} → {value: 2, source: seed}",
        ),
        (
            "wording: Cent",
            "wording: 100 en tout",
            "cible aidees/cible, wording : Cent → 100 en tout",
        ),
    ],
)
def test_what_differs_is_changed_and_told(tmp_path: Path, old: str, new: str, change: str) -> None:
    load(tmp_path, SMALL)
    before = ids()
    text = edited(SMALL, (old, new))
    [report] = load(tmp_path, text)
    assert told(report) == [f"~ {change}"]
    assert {label: before[label] - after for label, after in ids().items()} == {
        key: set() for key in before
    }
    assert load(tmp_path, text)[0].changes_nothing


def test_lists_become_what_the_file_says_row_by_row(tmp_path: Path) -> None:
    lists = """\
title: Pack IA
        organisations:
          - {organisation: agence, role: lead}
          - {organisation: agence, role: partner}
        sectors: [sante]
        notes: [marche]"""
    note = """\
notes:
  - code: marche
    kind: context
    text: N
    citations: [{source: seed}, {source: seed, locator: p. 2}]
sources:"""
    first = edited(SMALL, ("title: Pack IA", lists), ("sources:", note))
    load(tmp_path, first)
    partner = MeasureOrganisation.objects.get(role="partner").pk
    citation = NoteCitation.objects.first()
    second = edited(
        first,
        ("          - {organisation: agence, role: lead}\n", ""),
        ("        sectors: [sante]\n        notes: [marche]\n", ""),
        (", {source: seed, locator: p. 2}", ""),
    )
    [report] = load(tmp_path, second)
    assert told(report) == [
        "~ note marche, citations : [{source: seed, locator: p. 2}] → (rien)",
        "~ mesure pack, organisations : [{organisation: agence, role: lead}] → (rien)",
        "~ mesure pack, sectors : [sante] → (rien)",
        "~ mesure pack, notes : [marche] → (rien)",
    ]
    assert [row.pk for row in MeasureOrganisation.objects.all()] == [partner]
    assert list(NoteCitation.objects.all()) == [citation]
    measure = Measure.objects.get()
    assert (measure.sectors.count(), measure.notes.count(), Note.objects.count()) == (0, 0, 1)


def test_what_the_file_no_longer_names_is_kept_and_named(tmp_path: Path) -> None:
    claim = "claims: [{code: c, subject: other, statement: C, source: seed}]\nsources:"
    load(tmp_path, edited(SMALL, ("sources:", claim)))
    bare = SMALL[: SMALL.index("objectives:")].replace("sources:", "notes: []\nsources:")
    before = everything()
    [report] = load(tmp_path, bare)
    assert told(report) == [
        f"= {thing} : dans la base, absent du fichier, conservé"
        for thing in (
            "1 affirmation : c",
            "1 axe ou objectif : o1",
            "1 mesure : pack",
            "1 indicateur : aidees",
            "1 jalon : pack/guichet",
            "1 état de jalon : pack/guichet (1er juin 2024)",
            "1 cible : aidees/cible",
            "1 observation : aidees (2024)",
        )
    ]
    assert everything() == before


def test_the_order_of_the_file_is_the_order_of_the_pages(tmp_path: Path) -> None:
    two = "  - {code: a, kind: axis, title: A}\n  - {code: b, kind: axis, title: B}\n"
    load(tmp_path, SMALL.replace("objectives:\n", "objectives:\n" + two))
    turned = "  - {code: b, kind: axis, title: B}\n  - {code: a, kind: axis, title: A}\n"
    [report] = load(tmp_path, SMALL.replace("objectives:\n", "objectives:\n" + turned))
    assert told(report) == ["~ 2 axes et objectifs : ordre modifié"]
    assert [row.code for row in Objective.objects.order_by("position")] == ["b", "a", "o1"]


def test_something_new_takes_its_place_between_others(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    new = "      - {code: avant, title: Avant}\n      - code: pack\n"
    [report] = load(tmp_path, edited(SMALL, ("      - code: pack\n", new)))
    assert told(report) == ["+ 1 mesure : avant", "~ 1 mesure : ordre modifié"]
    assert [row.code for row in Measure.objects.order_by("position")] == ["avant", "pack"]


def test_a_part_moves_to_another_parent(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    measure, indicator = Measure.objects.get().pk, Indicator.objects.get().pk
    moved = edited(
        SMALL,
        ("    measures:\n", "  - code: o2\n    kind: axis\n    title: Second\n    measures:\n"),
    )
    [report] = load(tmp_path, moved)
    assert told(report) == ["+ 1 axe ou objectif : o2", "~ mesure pack, objective : o1 → o2"]
    assert Measure.objects.get(pk=measure).objective.code == "o2"
    head, tail = moved.split("        indicators:\n")
    onto_plan = (
        head + "indicators:\n" + tail.replace("\n          ", "\n").removeprefix("          ")
    )
    [report] = load(tmp_path, onto_plan)
    assert told(report) == ["~ indicateur aidees, measure : pack → (rien)"]
    assert Indicator.objects.get(pk=indicator).parent == Plan.objects.get()


def test_a_parent_may_come_after_its_parts_in_the_file(tmp_path: Path) -> None:
    text = edited(
        SMALL,
        (
            "objectives:\n",
            (
                "objectives:\n  - {code: fin, kind: objective, title: F, parent: milieu}\n"
                "  - {code: milieu, kind: objective, title: M, parent: o1}\n"
            ),
        ),
    )
    load(tmp_path, text)
    assert {row.code: row.parent and row.parent.code for row in Objective.objects.all()} == {
        "fin": "milieu",
        "milieu": "o1",
        "o1": None,
    }
    assert load(tmp_path, text)[0].changes_nothing


# --- Renaming ----------------------------------------------------------------------------------


def test_former_codes_rename_what_is_there(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    kept = [model._default_manager.get().pk for model in (Plan, Objective, Measure, Indicator)]
    text = edited(
        SMALL,
        ("slug: petit", "slug: grand, former_slugs: [petit]"),
        ("  - code: o1", "  - former_codes: [o1]\n    code: axe-1"),
        ("      - code: pack\n", "      - former_codes: [vieux, pack]\n        code: pack-ia\n"),
        ("- code: aidees", "- former_codes: [aidees]\n            code: entreprises"),
    )
    [report] = load(tmp_path, text)
    assert told(report) == [
        "~ plan grand, slug : petit → grand",
        "~ plan grand, former_slugs : (rien) → [petit]",
        "~ axe ou objectif axe-1, code : o1 → axe-1",
        "~ axe ou objectif axe-1, former_codes : (rien) → [o1]",
        "~ mesure pack-ia, code : pack → pack-ia",
        "~ mesure pack-ia, former_codes : (rien) → [vieux, pack]",
        "~ indicateur entreprises, code : aidees → entreprises",
        "~ indicateur entreprises, former_codes : (rien) → [aidees]",
    ]
    assert [
        model._default_manager.get().pk for model in (Plan, Objective, Measure, Indicator)
    ] == kept
    assert Measure.objects.get().former_codes == ["vieux", "pack"]
    assert load(tmp_path, text)[0].changes_nothing


def test_former_codes_of_the_site_are_never_forgotten(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    Measure.objects.update(code="pack-ia")
    Measure.objects.update(code="pack")
    assert load(tmp_path, SMALL)[0].changes_nothing
    assert Measure.objects.get().former_codes == ["pack-ia"]


def test_a_file_from_before_a_renaming_is_refused(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    Measure.objects.update(code="pack-ia")
    assert refused(tmp_path, SMALL) == [
        (
            "1.yaml:17: objectives[o1].measures[pack].code: « pack » s’appelle maintenant « "
            "pack-ia » ;"
            " écrivez code: pack-ia"
        )
    ]
    Plan.objects.update(slug="moyen")
    assert refused(tmp_path, SMALL) == [
        "1.yaml:3: plan.slug: ce plan s’appelle maintenant « moyen » ; écrivez slug: moyen"
    ]


def test_a_former_code_that_is_still_in_use_is_refused(tmp_path: Path) -> None:
    load(
        tmp_path,
        edited(SMALL, ("    measures:\n", "    measures:\n      - {code: kit, title: K}\n")),
    )
    text = edited(
        SMALL, ("      - code: pack\n", "      - code: pack\n        former_codes: [kit]\n")
    )
    assert refused(tmp_path, text) == [
        (
            "1.yaml:18: objectives[o1].measures[pack].former_codes[1]: « kit » existe encore, à "
            "côté de"
            " « pack » ; un ancien code ne sert plus"
        )
    ]


# --- Claims ------------------------------------------------------------------------------------


def ending(day: str, *entries: str) -> str:
    """The small plan with an end and claims."""
    claims = "".join(f"  - {{{entry}, source: seed}}\n" for entry in entries)
    return edited(
        SMALL,
        ("public: true", f"public: true, ends_on: {day}"),
        ("sources:", f"claims:\n{claims}sources:"),
    )


FIRST = "code: a, subject: ends_on, statement: A, date: 2025-12-31"
SECOND = "code: b, subject: ends_on, statement: B, date: 2026-12-31"


def test_another_claim_may_be_retained(tmp_path: Path) -> None:
    load(tmp_path, ending("2025-12-31", f"{FIRST}, retained: true", SECOND))
    text = ending("2026-12-31", FIRST, f"{SECOND}, retained: true")
    assert told(load(tmp_path, text)[0]) == [
        "~ plan petit, ends_on : 2025-12-31 → 2026-12-31",
        "~ affirmation a, retained : true → false",
        "~ affirmation b, retained : false → true",
    ]
    assert Claim.objects.get(retained=True).code == "b"


def test_a_claim_kept_in_the_database_stays_retained(tmp_path: Path) -> None:
    load(tmp_path, ending("2025-12-31", f"{FIRST}, retained: true"))
    assert refused(tmp_path, ending("2026-12-31", f"{SECOND}, retained: true")) == [
        (
            "1.yaml:11: claims[b].retained: « a », absente du fichier, est déjà retenue pour "
            "ends_on ; "
            "nommez-la dans le fichier avec retained: false"
        )
    ]

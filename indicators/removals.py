"""Deleting a part of a plan: what stands against it, what to do instead, what goes with it.

What the public has read is never deleted, nor is what somebody else is writing. Here, above
measures and objectives, because only indicators know all that hangs on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from indicators.models import Indicator, Observation, Target
from indicators.querysets import ObservationQuerySet
from measures.models import Measure, Milestone, MilestoneUpdate
from measures.querysets import MilestoneUpdateQuerySet
from objectives.models import Objective
from plans.models import Claim, Contribution, Note, Plan, Source
from plans.stating import COLUMNS, unstate


class RemovalError(Exception):
    """What cannot be deleted; the message says why, in French."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What deleting a thing would mean."""

    obstacles: tuple[str, ...]
    """Why it cannot be, and what to do instead; none when it can."""
    goes_too: tuple[str, ...]
    """What goes with it."""


@dataclass(frozen=True, slots=True)
class _Inside:
    """A thing and all that is part of it."""

    plan: Plan
    objectives: QuerySet[Objective]
    measures: QuerySet[Measure]
    milestones: QuerySet[Milestone]
    indicators: QuerySet[Indicator]
    targets: QuerySet[Target]

    @property
    def observations(self) -> ObservationQuerySet:
        return Observation.objects.filter(indicator__in=self.indicators)

    @property
    def updates(self) -> MilestoneUpdateQuerySet:
        return MilestoneUpdate.objects.filter(milestone__in=self.milestones)


def removal_of(thing: Model, user: User) -> Removal:
    """Return what a person would delete with a thing, and what stands against it."""
    match thing:
        case Source():
            return Removal(obstacles=tuple(_uses(thing)), goes_too=())
        case Note():
            return Removal(obstacles=(), goes_too=tuple(_of_note(thing)))
        case Claim():
            return Removal(obstacles=(), goes_too=tuple(_of_claim(thing)))
    inside = _inside(thing)
    return Removal(
        obstacles=tuple(_obstacles(thing, inside, user)),
        goes_too=tuple(_parts(thing, inside, user)),
    )


@transaction.atomic
def remove(thing: Model, user: User) -> None:
    """Delete a thing and what goes with it.

    Raises RemovalError when something stands against it, as it is now.
    """
    if isinstance(thing, Claim):
        unstate(thing)
        return
    if isinstance(thing, Source | Note):
        if obstacles := removal_of(thing, user).obstacles:
            raise RemovalError(" ".join(obstacles))
        thing.delete()
        return
    inside = _inside(thing)
    # Nobody publishes or drafts meanwhile: they lock, or refer to, these rows.
    list(inside.indicators.select_for_update().order_by("pk"))
    list(inside.milestones.select_for_update(of=("self",)).order_by("pk"))
    if obstacles := removal_of(thing, user).obstacles:
        raise RemovalError(" ".join(obstacles))
    inside.observations.delete()
    inside.updates.delete()
    # The one that supersedes goes before the one it supersedes.
    for target in inside.targets.order_by("-pk"):
        target.delete()
    thing.delete()


def _inside(thing: Model) -> _Inside:
    objectives, measures = Objective.objects.none(), Measure.objects.none()
    milestones, indicators = Milestone.objects.none(), Indicator.objects.none()
    match thing:
        case Objective():
            plan = thing.plan
            objectives = Objective.objects.filter(pk__in=_with_parts(thing))
            measures = Measure.objects.filter(objective__in=objectives)
            milestones = Milestone.objects.filter(measure__in=measures)
            indicators = Indicator.objects.filter(objective__in=objectives) | (
                Indicator.objects.filter(measure__in=measures)
            )
        case Measure():
            plan = thing.plan
            measures = Measure.objects.filter(pk=thing.pk)
            milestones = Milestone.objects.filter(measure=thing)
            indicators = Indicator.objects.filter(measure=thing)
        case Milestone():
            plan = thing.measure.plan
            milestones = Milestone.objects.filter(pk=thing.pk)
        case Indicator():
            plan = thing.plan
            indicators = Indicator.objects.filter(pk=thing.pk)
        case Target():
            return _Inside(
                thing.indicator.plan,
                objectives,
                measures,
                milestones,
                indicators,
                Target.objects.filter(pk=thing.pk),
            )
        case _:
            raise TypeError(f"{type(thing).__name__} is not deleted here")
    targets = Target.objects.filter(indicator__in=indicators)
    return _Inside(plan, objectives, measures, milestones, indicators, targets)


def _with_parts(objective: Objective) -> set[int]:
    parents = dict(objective.plan.objectives.values_list("pk", "parent_id"))
    inside = {objective.pk}
    while more := {pk for pk, parent in parents.items() if parent in inside} - inside:
        inside |= more
    return inside


# --- What stands against it -------------------------------------------------------------------


def _obstacles(thing: Model, inside: _Inside, user: User) -> Iterator[str]:
    published = inside.observations.ever_published().count()
    if published:
        yield (
            ngettext(
                "%(count)s version de valeur est publiée : ce que le public a lu ne s’efface pas.",
                "%(count)s versions de valeurs sont publiées : ce que le public a lu ne s’efface "
                "pas.",
                published,
            )
            % {"count": published}
            + " "
            + _instead(thing)
        )
    states = inside.updates.ever_published().count()
    if states:
        yield (
            ngettext(
                "%(count)s état de jalon est publié : ce que le public a lu ne s’efface pas.",
                "%(count)s états de jalons sont publiés : ce que le public a lu ne s’efface pas.",
                states,
            )
            % {"count": states}
            + " "
            + _instead(thing)
        )
    targets = inside.targets.count()
    if targets and inside.plan.is_public:
        yield ngettext(
            "%(count)s cible est publique : une promesse ne s’efface pas, elle s’abandonne ou se "
            "révise, avec un motif.",
            "%(count)s cibles sont publiques : une promesse ne s’efface pas, elle s’abandonne ou "
            "se révise, avec un motif.",
            targets,
        ) % {"count": targets}
    elif isinstance(thing, Target) and (
        thing.supersedes_id is not None or Target.objects.filter(supersedes=thing).exists()
    ):
        yield _("Cette cible en remplace une autre, ou est remplacée : la suite se lit ensemble.")
    yield from _drafts_of_others(inside, user)


def _drafts_of_others(inside: _Inside, user: User) -> Iterator[str]:
    """What others write, and what anyone has handed in: a reviewer may be reading it."""
    drafts: list[Contribution] = [
        draft
        for rows in (inside.observations, inside.updates)
        for draft in rows.exclude(state=Contribution.State.PUBLISHED).select_related("author")
        if draft.author_id != user.pk or draft.state == Contribution.State.SUBMITTED
    ]
    if drafts:
        people = sorted({str(draft.author or _("un import")) for draft in drafts})
        yield ngettext(
            "Une saisie en cours en dépend (%(people)s) : qu’elle soit d’abord supprimée ou "
            "renvoyée.",
            "Des saisies en cours en dépendent (%(people)s) : qu’elles soient d’abord supprimées "
            "ou renvoyées.",
            len(drafts),
        ) % {"people": ", ".join(people)}


def _instead(thing: Model) -> str:
    match thing:
        case Objective():
            return _("Déplacez ses mesures vers un autre objectif, ou abandonnez-les.")
        case Measure():
            return _("Abandonnez la mesure avec un motif : son histoire reste lisible.")
        case Milestone():
            return _("Publiez l’état « abandonné » du jalon.")
    return _("Abandonnez ses cibles avec un motif, ou retirez ses valeurs une à une.")


def _uses(source: Source) -> Iterator[str]:
    uses = [
        (source.claims.count(), _("affirmations")),
        (source.note_citations.count(), _("notes")),
        (source.objectives.count(), _("objectifs")),
        (source.measures.count(), _("mesures")),
        (source.milestones.count(), _("jalons")),
        (source.indicators.count() + source.baselines.count(), _("indicateurs")),
        (source.targets.count(), _("cibles")),
        (source.observations.count(), _("valeurs")),
        (source.milestoneupdates.count(), _("états de jalons")),
        (source.plan.participations.filter(source=source).count(), _("acteurs")),
    ]
    if listed := ", ".join(f"{words} ({count})" for count, words in uses if count):
        yield _(
            "La source sert encore : %(uses)s. Remplacez-la d’abord là où elle est citée ; ce qui "
            "est publié garde la sienne."
        ) % {"uses": listed}


# --- What goes with it ------------------------------------------------------------------------


def _parts(thing: Model, inside: _Inside, user: User) -> Iterator[str]:
    objectives = inside.objectives.count() - isinstance(thing, Objective)
    measures = inside.measures.count() - isinstance(thing, Measure)
    milestones = inside.milestones.count() - isinstance(thing, Milestone)
    indicators = inside.indicators.count() - isinstance(thing, Indicator)
    targets = inside.targets.count() - isinstance(thing, Target)
    own = sum(
        rows.exclude(state=Contribution.State.PUBLISHED).filter(author=user).count()
        for rows in (inside.observations, inside.updates)
    )
    yield from _counted(
        (
            (objectives, ngettext("%s objectif", "%s objectifs", objectives)),
            (measures, ngettext("%s mesure", "%s mesures", measures)),
            (milestones, ngettext("%s jalon", "%s jalons", milestones)),
            (indicators, ngettext("%s indicateur", "%s indicateurs", indicators)),
            (targets, ngettext("%s cible", "%s cibles", targets)),
            (own, ngettext("%s de vos saisies en cours", "%s de vos saisies en cours", own)),
        )
    )


def _counted(counts: Iterable[tuple[int, str]]) -> Iterator[str]:
    return (words % count for count, words in counts if count)


def _of_note(note: Note) -> Iterator[str]:
    parts = note.objectives.count() + note.measures.count() + note.indicators.count()
    yield from _counted(
        (
            (
                parts,
                ngettext(
                    "le renvoi depuis %s page où elle se lit",
                    "les renvois depuis %s pages où elle se lit",
                    parts,
                ),
            ),
        )
    )


def _of_claim(claim: Claim) -> Iterator[str]:
    column = COLUMNS.get(claim.subject)
    if column is not None and claim.retained:
        yield _("la valeur que le plan affiche (%(subject)s) : elle devient « non renseigné »") % {
            "subject": claim.get_subject_display()
        }

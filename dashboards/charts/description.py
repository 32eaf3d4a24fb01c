"""A chart in words: the text alternative of its image, in French sentences."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards.charts import words
from dashboards.charts.facts import Chart, Point, Slot
from indicators.formats import dated, format_date, format_period, format_qualified
from indicators.progress import Operator, Qualifier, TargetKind

_LISTED = 8


def describe(chart: Chart) -> str:
    """What the drawing shows, in French sentences: the text alternative of the image.

    Says no more than the drawing does; the table beside it holds every value.
    """
    unit = f" ({chart.unit})" if chart.unit else ""
    sentences = [f"{chart.title}{unit}."]
    if chart.notice:
        sentences.append(f"{chart.notice}.")
    if chart.slots:
        sentences += _quota_sentences(chart)
    else:
        sentences += _target_sentences(chart)
        sentences += _observed_sentences(chart)
    if chart.missing:
        names = [format_period(span.start, span.end) for span in chart.missing]
        sentences.append(_("Non renseigné : %(periods)s.") % {"periods": words.listing(names)})
    return " ".join(sentences)


def _quota_sentences(chart: Chart) -> list[str]:
    slots = chart.slots
    if len(slots) <= _LISTED:
        said = [
            f"{format_period(slot.start, slot.end)} : {_slot_words(chart, slot)}" for slot in slots
        ]
        return [_("Réalisé et cible par période.") + " " + " ; ".join(said) + "."]
    reported = [slot for slot in slots if slot.value is not None]
    missing = [format_period(slot.start, slot.end) for slot in slots if slot.is_missing]
    sentences = [
        ngettext(
            "%(count)s périodes (%(first)s – %(last)s), dont %(reported)s renseignée.",
            "%(count)s périodes (%(first)s – %(last)s), dont %(reported)s renseignées.",
            len(reported),
        )
        % {
            "count": len(slots),
            "first": format_period(slots[0].start, slots[0].end),
            "last": format_period(slots[-1].start, slots[-1].end),
            "reported": len(reported),
        }
    ]
    if reported:
        last = reported[-1]
        sentences.append(
            _("Dernière valeur, %(period)s : %(words)s.")
            % {"period": format_period(last.start, last.end), "words": _slot_words(chart, last)}
        )
    if missing:
        sentences.append(_("Non renseigné : %(periods)s.") % {"periods": words.listing(missing)})
    return sentences


def _slot_words(chart: Chart, slot: Slot) -> str:
    if slot.value is not None:
        said = _stated(chart, slot.value, slot.qualifier, provisional=slot.provisional)
        if not slot.complete:
            said = _("%(value)s, période incomplète") % {"value": said}
        said = dated(said, inferred=slot.date_inferred)
    elif slot.ended:
        said = _("non renseigné")
    else:
        said = _("en cours") if slot.start <= chart.today else _("à venir")
    return _("%(value)s (cible : %(target)s)") % {
        "value": said,
        "target": chart.promised(slot.target),
    }


def _target_sentences(chart: Chart) -> list[str]:
    sentences = []
    if chart.shown_baseline is not None:
        sentences.append(
            _("Valeur initiale : %(value)s%(day)s.")
            % {"value": chart.amount(chart.shown_baseline), "day": _on(chart.baseline_on)}
        )
    if chart.value is None:
        sentences.append(_("Aucune cible chiffrée."))
    elif chart.kind is TargetKind.THRESHOLD:
        bound = (
            _("Seuil à respecter : au plus %(value)s.")
            if chart.operator is Operator.AT_MOST
            else _("Seuil à respecter : au moins %(value)s.")
        )
        sentences.append(bound % {"value": chart.amount(chart.value)})
    else:
        sentences.append(
            _("Cible : %(value)s%(day)s.")
            % {
                "value": chart.promised(chart.value),
                "day": _on(chart.due) or _(", sans échéance"),
            }
        )
    if chart.from_zero:
        sentences.append(_("Valeur initiale inconnue : la trajectoire part de zéro."))
    if chart.expected is not None:
        sentences.append(
            _("Attendu au %(day)s : %(value)s.")
            % {
                "value": chart.expected_amount(chart.expected.value),
                "day": format_date(chart.expected.on),
            }
        )
    return sentences


def _observed_sentences(chart: Chart) -> list[str]:
    points = chart.points
    if not points:
        return [_("Aucune valeur publiée.")]
    last = points[-1]
    sentences = []
    if chart.kind is TargetKind.TOTAL:
        sentences.append(
            _("Réalisé, en cumul : %(value)s au %(day)s.")
            % {
                "value": format_qualified(chart.amount(last.height), last.height_qualifier),
                "day": dated(format_date(last.end), inferred=last.date_inferred),
            }
        )
    if len(points) <= _LISTED:
        said = [
            f"{_when(one)} : "
            + _stated(chart, one.value, one.qualifier, provisional=one.provisional)
            for one in points
        ]
        return [*sentences, _("Valeurs constatées.") + " " + " ; ".join(said) + "."]
    lowest = min(points, key=lambda one: one.value)
    highest = max(points, key=lambda one: one.value)
    sentences.append(
        _(
            "%(count)s valeurs constatées. Première, %(first_day)s : %(first)s ; dernière, "
            "%(last_day)s : %(last)s ; la plus basse : %(lowest)s (%(lowest_day)s) ; la plus "
            "haute : %(highest)s (%(highest_day)s)."
        )
        % {
            "count": len(points),
            "first": _figure(chart, points[0]),
            "first_day": _when(points[0]),
            "last": _stated(chart, last.value, last.qualifier, provisional=last.provisional),
            "last_day": _when(last),
            "lowest": _figure(chart, lowest),
            "lowest_day": _when(lowest),
            "highest": _figure(chart, highest),
            "highest_day": _when(highest),
        }
    )
    return sentences


def _figure(chart: Chart, point: Point) -> str:
    return format_qualified(chart.amount(point.value), point.qualifier)


def _stated(chart: Chart, value: Decimal, qualifier: Qualifier, *, provisional: bool) -> str:
    text = format_qualified(chart.amount(value), qualifier)
    return _("%(value)s, provisoire") % {"value": text} if provisional else text


def _when(point: Point) -> str:
    """The period as the table names it: its last day may be more than anybody knows."""
    return dated(format_period(point.start, point.end), inferred=point.date_inferred)


def _on(on: date | None) -> str:
    return "" if on is None else _(" au %(day)s") % {"day": format_date(on)}

"""Why a status is what it is: one sentence in plain French, with its numbers.

The page, the API and the exports show this very sentence. It says what was counted, against what,
up to when, and what is missing; it never says more than the figures do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from indicators.evaluation import Evaluation, limits_of
from indicators.formats import (
    format_date,
    format_expected,
    format_of,
    format_percent,
    format_period,
    format_qualified,
    format_quantity,
)
from indicators.progress import Operator, Qualifier, Reason, Status, TargetKind

Write = Callable[[str, Qualifier], str]
"""How a value and its qualifier are joined: alone, or after "de"."""


def explain(evaluation: Evaluation) -> str:
    """Return the reason of a target's status, or what is known of an indicator without target."""
    status = evaluation.result.status
    sentences = [_SENTENCES[status](evaluation)]
    if status not in (Status.ABANDONED, Status.NO_TARGET, Status.UPCOMING):
        sentences += _reservations(evaluation)
    return " ".join(sentence for sentence in sentences if sentence)


def _quantity(evaluation: Evaluation, value: Decimal | None) -> str:
    """Return a value in the indicator's unit; callers ask only where the rules give one."""
    if value is None:
        return _("non renseigné")
    return format_quantity(value, evaluation.indicator.unit)


def _expected(evaluation: Evaluation) -> str:
    """Return what was expected, fine enough for a reader to find the pace again."""
    expected = evaluation.result.expected
    if expected is None:
        return _("non renseigné")
    return format_expected(expected, evaluation.indicator.unit)


def _value(evaluation: Evaluation, write: Write = format_qualified) -> str:
    """Return the value that was compared, as exactly as what it rests on is stated."""
    result = evaluation.result
    return write(_quantity(evaluation, result.value), result.value_qualifier or Qualifier.EXACT)


def _goal(evaluation: Evaluation, write: Write = format_qualified) -> str:
    """Return what was promised: "100 projets", "au plus 80 jours"."""
    terms = evaluation.terms
    at_most = terms is not None and terms.operator == Operator.AT_MOST
    return write(
        _quantity(evaluation, evaluation.result.target_value),
        Qualifier.AT_MOST if at_most else Qualifier.EXACT,
    )


def _of_baseline(evaluation: Evaluation) -> str:
    """Return what a level is measured from, as exactly as its source states it, after "de"."""
    return format_of(
        _quantity(evaluation, evaluation.result.baseline), evaluation.indicator.baseline_qualifier
    )


def _from_baseline(evaluation: Evaluation, said: str) -> str:
    """Add what the rate is reckoned from: without it, 78 for 100 reads as 78 %."""
    if evaluation.result.baseline is None or evaluation.result.rate is None:
        return said
    return _("%(said)s, depuis une valeur initiale %(baseline)s") % {
        "said": said,
        "baseline": _of_baseline(evaluation),
    }


def _known(moment: date | None) -> str:
    return _("date inconnue") if moment is None else format_date(moment)


def _latest(evaluation: Evaluation) -> str:
    """Return the latest published value and its period, as a sentence."""
    latest = evaluation.result.latest
    if latest is None:
        return _("Aucune valeur n’a été publiée.")
    return _("Dernière valeur publiée : %(value)s (%(period)s).") % {
        "value": format_qualified(
            _quantity(evaluation, evaluation.result.latest_value), latest.qualifier
        ),
        "period": format_period(latest.start, latest.end),
    }


def _abandoned(evaluation: Evaluation) -> str:
    target = evaluation.target
    if target is not None and target.abandoned_on is not None:
        said = _("La cible a été abandonnée le %(date)s. %(reason)s") % {
            "date": format_date(target.abandoned_on),
            "reason": _as_sentence(target.abandonment_reason),
        }
    else:
        said = _("La mesure a été abandonnée, et sa cible avec elle.")
    return f"{said} {_latest(evaluation)}"


def _as_sentence(typed: str) -> str:
    """Return what a person typed, with a capital and a full stop."""
    text = typed.strip()
    ended = text.endswith((".", "!", "?", "…"))
    return text[:1].upper() + text[1:] + ("" if ended else ".")


def _no_target(evaluation: Evaluation) -> str:
    return _("Aucune cible chiffrée n’est fixée.") + " " + _latest(evaluation)


def _upcoming(evaluation: Evaluation) -> str:
    return _("La cible ne court qu’à partir du %(date)s ; rien n’est encore attendu.") % {
        "date": _known(evaluation.result.measured_from)
    }


def _not_reported(evaluation: Evaluation) -> str:
    result = evaluation.result
    if result.coverage is not None and result.coverage.ended:
        said = ngettext(
            "Aucune valeur n’a été publiée pour la seule période échue.",
            "Aucune valeur n’a été publiée pour les %(count)s périodes échues.",
            result.coverage.ended,
        ) % {"count": result.coverage.ended}
    elif result.measured_from is not None:
        said = _("Aucune valeur n’a été publiée depuis le %(date)s.") % {
            "date": format_date(result.measured_from)
        }
    else:
        said = _("Aucune valeur n’a été publiée.")
    return said + " " + _("Cela ne veut pas dire que rien n’a été fait.")


def _threshold(evaluation: Evaluation) -> str:
    result = evaluation.result
    latest = result.counted[-1]
    terms = evaluation.terms
    at_most = terms is not None and terms.operator == Operator.AT_MOST
    return _(
        "Dernière valeur : %(value)s (%(period)s), pour un seuil %(goal)s. "
        "Observations qui tiennent le seuil : %(held)s sur %(checked)s."
    ) % {
        "value": _value(evaluation),
        "period": format_period(latest.start, latest.end),
        "goal": format_of(
            _quantity(evaluation, result.target_value),
            Qualifier.AT_MOST if at_most else Qualifier.AT_LEAST,
        ),
        "held": result.held,
        "checked": result.checked,
    }


def _achieved(evaluation: Evaluation) -> str:
    result = evaluation.result
    if evaluation.terms is not None and evaluation.terms.kind == TargetKind.QUOTA:
        return _("Chaque période a atteint sa valeur : %(value)s en tout, pour %(goal)s.") % {
            "value": _value(evaluation),
            "goal": _quantity(evaluation, result.target_value),
        }
    return _("Au %(date)s, %(fact)s : la cible est atteinte.") % {
        "date": _known(result.reported_until),
        "fact": _from_baseline(evaluation, _value_for_goal(evaluation)),
    }


def _partly_achieved(evaluation: Evaluation) -> str:
    periods = evaluation.result.periods
    held = sum(1 for period in periods if period.satisfied)
    return ngettext(
        "Toutes les périodes sont échues et renseignées ; %(held)s sur %(all)s a atteint la "
        "valeur visée.",
        "Toutes les périodes sont échues et renseignées ; %(held)s sur %(all)s ont atteint la "
        "valeur visée.",
        held,
    ) % {"held": held, "all": len(periods)}


def _value_for_goal(evaluation: Evaluation) -> str:
    """Return "71 entreprises pour une cible de 175 entreprises"."""
    return _("%(value)s pour une cible %(goal)s") % {
        "value": _value(evaluation),
        "goal": _goal(evaluation, format_of),
    }


def _against_goal(evaluation: Evaluation) -> str:
    """Return the same with the rate, "(40 %)", and with the baseline that it is reckoned from."""
    result = evaluation.result
    said = _from_baseline(evaluation, _value_for_goal(evaluation))
    if result.rate is None:
        return said
    rate = format_percent(result.rate)
    if result.baseline is not None:
        rate = _("%(rate)s du chemin") % {"rate": rate}
    return f"{said} ({rate})"


def _missed(evaluation: Evaluation) -> str:
    return _("L’échéance du %(due)s est passée et les données la couvrent : %(fact)s.") % {
        "due": _known(evaluation.result.due),
        "fact": _against_goal(evaluation),
    }


def _overdue(evaluation: Evaluation) -> str:
    result = evaluation.result
    if result.reported_until == result.due:
        words = _(
            "L’échéance du %(due)s est passée, mais les données publiées sont incomplètes : "
            "%(fact)s."
        )
    elif result.gaps:
        words = _(
            "L’échéance du %(due)s est passée, mais les données publiées s’arrêtent au %(until)s "
            "et sont incomplètes : %(fact)s."
        )
    else:
        words = _(
            "L’échéance du %(due)s est passée, mais les données publiées s’arrêtent au %(until)s : "
            "%(fact)s."
        )
    return words % {
        "due": _known(result.due),
        "until": _known(result.reported_until),
        "fact": _against_goal(evaluation),
    }


def _not_computable(evaluation: Evaluation) -> str:
    reasons = {
        Reason.BASELINE_MISSING: _(
            "la cible est à la baisse et la valeur initiale n’est pas connue"
        ),
        Reason.TARGET_EQUALS_BASELINE: _("la cible est égale à la valeur initiale"),
        Reason.BASELINE_ALREADY_SATISFIES: _("la valeur initiale respectait déjà la cible"),
        Reason.TARGET_ZERO: _("la cible n’est pas positive et la valeur initiale est inconnue"),
    }
    result = evaluation.result
    reason = reasons.get(result.reason) if result.reason is not None else None
    return _("Le taux d’avancement ne se calcule pas : %(reason)s. %(latest)s") % {
        "reason": reason or _("les données ne le permettent pas"),
        "latest": _latest(evaluation),
    }


def _regressing(evaluation: Evaluation) -> str:
    result = evaluation.result
    return _(
        "Au %(date)s, la valeur est %(value)s : partie %(baseline)s, elle s’éloigne de la cible "
        "(%(goal)s)."
    ) % {
        "date": _known(result.reported_until),
        "value": _value(evaluation, format_of),
        "goal": _goal(evaluation),
        "baseline": _of_baseline(evaluation),
    }


def _open_ended(evaluation: Evaluation) -> str:
    if evaluation.result.reason == Reason.START_UNKNOWN:
        unknown = _("aucune date de début n’est connue")
    else:
        unknown = _("aucune échéance n’est connue")
    return _("Au %(date)s, %(fact)s ; %(unknown)s : on ne peut dire si le rythme suffit.") % {
        "date": _known(evaluation.result.reported_until),
        "fact": _against_goal(evaluation),
        "unknown": unknown,
    }


def _early(evaluation: Evaluation) -> str:
    limit = limits_of(evaluation.indicator.plan).early
    return _(
        "%(said)s ; moins de %(limit)s du chemin était prévu à cette date : il est trop tôt pour "
        "juger du rythme."
    ) % {
        "said": _from_baseline(evaluation, _value_that_day(evaluation)),
        "limit": format_percent(limit),
    }


def _value_that_day(evaluation: Evaluation) -> str:
    return _("Au %(date)s, la valeur est %(value)s") % {
        "date": _known(evaluation.result.reported_until),
        "value": _value(evaluation, format_of),
    }


def _paced(evaluation: Evaluation) -> str:
    result = evaluation.result
    said = _("%(said)s ; la trajectoire prévoyait %(expected)s à cette date") % {
        "said": _value_that_day(evaluation),
        "expected": _expected(evaluation),
    }
    if result.pace is None:
        return f"{said}."
    words = (
        _("%(said)s : %(pace)s du rythme attendu.")
        if result.baseline is None
        else _("%(said)s : %(pace)s du chemin attendu.")
    )
    return words % {
        "said": _from_baseline(evaluation, said),
        "pace": format_percent(result.pace),
    }


def _reservations(evaluation: Evaluation) -> list[str]:
    """Return what a reader must keep in mind: missing periods, what is derived or left out."""
    result = evaluation.result
    said = []
    coverage = result.coverage
    if coverage is not None and coverage.partial and result.value is not None:
        said.append(
            _("C’est un minimum (périodes échues renseignées : %(reported)s sur %(ended)s).")
            % {"reported": coverage.reported, "ended": coverage.ended}
        )
    if result.derived_total and result.value is not None:
        said.append(_("Le total visé est déduit des valeurs par période."))
    if result.from_zero and result.rate is not None:
        said.append(
            _("La valeur initiale n’étant pas connue, l’avancement est compté depuis zéro.")
        )
    if evaluation.terms is not None and evaluation.terms.tolerance and result.value is not None:
        said.append(
            _("La source parle d’un ordre de grandeur : la cible s’entend à %(share)s près.")
            % {"share": format_percent(evaluation.terms.tolerance)}
        )
    if result.ignored:
        said.append(
            ngettext(
                "%(count)s valeur publiée, à cheval sur la période de la cible, n’est pas comptée.",
                "%(count)s valeurs publiées, à cheval sur la période de la cible, ne sont pas "
                "comptées.",
                result.ignored,
            )
            % {"count": result.ignored}
        )
    return said


_SENTENCES: dict[Status, Callable[[Evaluation], str]] = {
    Status.ABANDONED: _abandoned,
    Status.NO_TARGET: _no_target,
    Status.UPCOMING: _upcoming,
    Status.NOT_REPORTED: _not_reported,
    Status.MET: _threshold,
    Status.NOT_MET: _threshold,
    Status.ACHIEVED: _achieved,
    Status.PARTLY_ACHIEVED: _partly_achieved,
    Status.MISSED: _missed,
    Status.OVERDUE: _overdue,
    Status.NOT_COMPUTABLE: _not_computable,
    Status.REGRESSING: _regressing,
    Status.OPEN_ENDED: _open_ended,
    Status.EARLY: _early,
    Status.ON_TRACK: _paced,
    Status.WATCH: _paced,
    Status.BEHIND: _paced,
}

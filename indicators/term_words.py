"""What `indicators.terms` refuses in a target or an observation: in French, and of which column.

A plan file is answered in its own words: codes, and days as it writes them. A form is answered as
its page reads: a sentence, with the words of its lists, French days and numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.formats import format_date, format_exact
from indicators.terms import Problem, ProblemCode, TargetKind

COLUMNS: Mapping[str, str] = {"start": "starts_on", "due": "due_on"}
"""Where the rules and the columns have other words for the same thing."""

_WORDS: Mapping[ProblemCode, object] = {
    ProblemCode.KIND_NOT_ALLOWED: gettext_lazy(
        "« %(kind)s » ne va pas avec un indicateur « %(measurement)s » ; admis : %(allowed)s"
    ),
    ProblemCode.OPERATOR_NOT_ALLOWED: gettext_lazy(
        "« %(operator)s » ne va pas avec une cible « %(kind)s » ; admis : %(allowed)s"
    ),
    ProblemCode.VALUE_MISSING: gettext_lazy("valeur absente ; un nombre est attendu"),
    ProblemCode.NOT_A_NUMBER: gettext_lazy("%(value)s n’est pas un nombre fini"),
    ProblemCode.NOT_POSITIVE: gettext_lazy(
        "%(value)s n’est pas admis ; un nombre strictement positif est attendu"
    ),
    ProblemCode.NEGATIVE: gettext_lazy("%(value)s est négatif ; admis : 0 ou plus"),
    ProblemCode.TOLERANCE_OUT_OF_RANGE: gettext_lazy(
        "%(value)s n’est pas admis ; une fraction entre 0 et 1 est attendue"
    ),
    ProblemCode.END_BEFORE_START: gettext_lazy(
        "la période s’achève le %(end)s, avant de débuter le %(start)s ; fin attendue le même "
        "jour ou après"
    ),
    ProblemCode.DUE_BEFORE_START: gettext_lazy(
        "l’échéance du %(due)s précède le début du %(start)s ; échéance attendue le même jour ou "
        "après"
    ),
    ProblemCode.PERIODS_MISSING: gettext_lazy(
        "aucune période n’est donnée ; au moins une période est attendue"
    ),
    ProblemCode.PERIODS_NOT_ALLOWED: gettext_lazy(
        "une cible « %(kind)s » n’a pas de périodes ; seule une cible « %(quota)s » en a"
    ),
    ProblemCode.PERIODS_OVERLAP: gettext_lazy(
        "la période du %(start)s au %(end)s recouvre la précédente, qui s’achève le "
        "%(previous_end)s ; des périodes séparées sont attendues"
    ),
    ProblemCode.CHECKPOINTS_NOT_ALLOWED: gettext_lazy(
        "une cible « %(kind)s » n’a pas de points de passage ; seule une cible « %(level)s » en a"
    ),
    ProblemCode.CHECKPOINT_OUTSIDE_WINDOW: gettext_lazy(
        "le point de passage du %(on)s n’est pas entre le début (%(start)s) et l’échéance (%(due)s)"
    ),
    ProblemCode.CHECKPOINTS_ON_SAME_DAY: gettext_lazy(
        "deux points de passage le %(on)s ; un seul par jour"
    ),
    ProblemCode.SAME_PERIOD_TWICE: gettext_lazy(
        "deux observations du %(start)s au %(end)s ; une seule par période"
    ),
}


_KINDS: Mapping[str, object] = {"quota": str(TargetKind.QUOTA), "level": str(TargetKind.LEVEL)}
"""The kinds that a message names whatever the kind at fault."""


def in_french(problem: Problem) -> str:
    """Return what is wrong in a plan file, and what is allowed."""
    return _filled(problem, _as_in_a_file)


def on_screen(problem: Problem, labels: Mapping[str, object] | None = None) -> str:
    """Return what is wrong in a form; `labels` has the words that it shows for the codes."""

    def shown(value: object) -> str:
        match value:
            case str() if labels and value in labels:
                return str(labels[value])
            case Decimal() if value.is_finite():
                return format_exact(value)
            case date():
                return format_date(value)
        return str(value)

    words = _filled(problem, shown)
    return f"{words[:1].upper()}{words[1:]}."


def _filled(problem: Problem, shown: Callable[[object], str]) -> str:
    def words(value: object) -> str:
        if value is None:
            return _("non précisé")
        if isinstance(value, tuple):
            return ", ".join(words(item) for item in value)
        return shown(value)

    params = {**_KINDS, **problem.params}
    return str(_WORDS[problem.code]) % {name: words(value) for name, value in params.items()}


def _as_in_a_file(value: object) -> str:
    match value:
        case Decimal() if value.is_finite():
            return f"{value.normalize():f}"
        case date():
            return value.isoformat()
    return str(value)

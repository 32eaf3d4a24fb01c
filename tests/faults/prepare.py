"""Run inside a site of its own: a public plan, a partner's system and a manager who write to it."""

from __future__ import annotations

from django.test import Client

from plans.models import Plan, Role
from tests.factories import IndicatorFactory, PlanFactory, SourceFactory, TargetFactory
from tests.partner import Partner

INDICATORS = 4


def prepared() -> dict[str, str]:
    """Make them; return what a writer sends to be known."""
    plan: Plan = PlanFactory.create(slug="pannes", title="Plan des pannes")
    Plan.objects.filter(pk=plan.pk).update(allows_self_publication=True)
    plan.refresh_from_db()
    SourceFactory.create(plan=plan, code="bilan")
    for number in range(INDICATORS):
        indicator = IndicatorFactory.create(plan=plan, code=f"valeurs-{number}", frequency="once")
        TargetFactory.create(indicator=indicator)
    partner = Partner(plan, Role.REVIEWER)
    browser = Client()
    browser.force_login(partner.manager)
    return {"token": partner.text, "session": browser.cookies["sessionid"].value}


def inconsistent() -> list[int]:
    """Return the indicators whose stored progress is not what their published values give."""
    from django.utils import timezone  # noqa: PLC0415 - run by a command of its own

    from indicators.evaluation import evaluate_indicators  # noqa: PLC0415
    from indicators.models import Indicator, ProgressRecord  # noqa: PLC0415
    from indicators.services import _STORED, record_of  # noqa: PLC0415

    today = timezone.localdate()
    everything = list(Indicator.objects.select_related("plan", "unit", "measure"))
    said = {
        (one.indicator_id, one.target_id): [getattr(one, name) for name in _STORED]
        for one in ProgressRecord.objects.all()
    }
    wrong = []
    for indicator_id, evaluations in evaluate_indicators(everything, on=today).items():
        for record in map(record_of, evaluations):
            stored = said.get((indicator_id, record.target_id))
            if stored is not None and stored != [getattr(record, name) for name in _STORED]:
                wrong.append(indicator_id)
    return wrong

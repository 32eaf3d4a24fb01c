"""Plans, what they share, where their statements come from, and how contributions live."""

from plans.models.contribution import CURRENT, Contribution, contribution_triggers
from plans.models.identifiers import former_identifiers, remember_former
from plans.models.plan import Membership, Plan, PlanOrganisation
from plans.models.reference import Organisation, OrganisationRole, Region, Sector
from plans.models.sources import LOCATOR_LENGTH, Claim, Note, NoteCitation, Source, not_blank

__all__ = [
    "CURRENT",
    "LOCATOR_LENGTH",
    "Claim",
    "Contribution",
    "Membership",
    "Note",
    "NoteCitation",
    "Organisation",
    "OrganisationRole",
    "Plan",
    "PlanOrganisation",
    "Region",
    "Sector",
    "Source",
    "contribution_triggers",
    "former_identifiers",
    "not_blank",
    "remember_former",
]

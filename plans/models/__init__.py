"""Plans, what they share, where their statements come from, and how contributions live."""

from plans.models.contribution import (
    CURRENT,
    OPEN,
    Contribution,
    ContributionComment,
    contribution_triggers,
)
from plans.models.identifiers import former_identifiers, remember_former
from plans.models.partners import ApiToken, IdempotencyKey, PartnerSystem, Scope, TokenState
from plans.models.plan import (
    Invitation,
    InvitationState,
    Membership,
    Plan,
    PlanOrganisation,
    Role,
)
from plans.models.reference import Organisation, OrganisationRole, Region, Sector
from plans.models.revision import Revision
from plans.models.sources import LOCATOR_LENGTH, Claim, Note, NoteCitation, Source, not_blank

__all__ = [
    "CURRENT",
    "LOCATOR_LENGTH",
    "OPEN",
    "ApiToken",
    "Claim",
    "Contribution",
    "ContributionComment",
    "IdempotencyKey",
    "Invitation",
    "InvitationState",
    "Membership",
    "Note",
    "NoteCitation",
    "Organisation",
    "OrganisationRole",
    "PartnerSystem",
    "Plan",
    "PlanOrganisation",
    "Region",
    "Revision",
    "Role",
    "Scope",
    "Sector",
    "Source",
    "TokenState",
    "contribution_triggers",
    "former_identifiers",
    "not_blank",
    "remember_former",
]

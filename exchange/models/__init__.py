"""What the exchanges keep of their own: packages that were built, files that were sent."""

from exchange.models.imports import ImportJob, ImportRow
from exchange.models.packages import PlanPackage

__all__ = ["ImportJob", "ImportRow", "PlanPackage"]

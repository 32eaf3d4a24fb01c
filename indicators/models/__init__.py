"""Indicators, their targets, the values observed, and the progress they make."""

from indicators.models.indicator import Indicator, Measurement, Qualifier, Unit
from indicators.models.observation import Observation, ObservationComment
from indicators.models.progress_record import Freshness, ProgressRecord, Status
from indicators.models.target import Checkpoint, Target, TargetPeriod

__all__ = [
    "Checkpoint",
    "Freshness",
    "Indicator",
    "Measurement",
    "Observation",
    "ObservationComment",
    "ProgressRecord",
    "Qualifier",
    "Status",
    "Target",
    "TargetPeriod",
    "Unit",
]

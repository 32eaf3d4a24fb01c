"""The page Tableur: what is handed out, what is sent back, who follows it, what becomes of it."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks  # noqa: F401

from accounts.models import User
from exchange.models import ImportJob
from exchange.spreadsheets import jobs
from indicators.models import Observation
from measures.models import Measure
from plans.models import Plan, Role
from tests.agent.staff import member, signed_in
from tests.exchange.spreadsheets import NOON, checked, written
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    MembershipFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
)
from tests.html import parsed, text_of  # noqa: F401

pytestmark = pytest.mark.django_db

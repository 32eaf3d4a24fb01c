"""Log lines for a person or for a machine, without personal data in either.

Nobody's address, name or network address is logged on purpose; these formatters take out what
arrives by accident, in the message of an exception above all.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from config.requests import current_id, route_of

_ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
# PostgreSQL repeats the row that it refuses: `Failing row contains (7, Marie Curie, …)`.
_DETAIL = re.compile(r"^(\s*(?:DETAIL|CONTEXT):).*$", re.MULTILINE)
_FIELDS = ("method", "route", "status", "milliseconds", "task")


def impersonal(text: str) -> str:
    """Return a text without e-mail addresses nor rows of the database."""
    return _DETAIL.sub(r"\1 (left out)", _ADDRESS.sub("(address left out)", text))


class ImpersonalFilter(logging.Filter):
    """Name the request of each record, and its address by the pattern it follows."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_id.get() or "-"
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            route = route_of(request)
            record.args = tuple(route if one == request.path else one for one in record.args)
        return True


class LineFormatter(logging.Formatter):
    """One line for a person."""

    def format(self, record: logging.LogRecord) -> str:
        return impersonal(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for whatever collects the logs."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": impersonal(record.getMessage()),
            "request_id": getattr(record, "request_id", "-"),
        }
        said |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info:
            said["exception"] = impersonal(self.formatException(record.exc_info))
        return json.dumps(said, ensure_ascii=False, default=str)

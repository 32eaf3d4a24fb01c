"""What Prometheus reads of the replica."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict

from django.conf import settings
from django.db import DatabaseError
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from config.replicas import lag
from config.replicas.circuit import in_use

logger = logging.getLogger(__name__)


class ReplicaCollector(Collector):
    """The replica as the process that is asked finds it; nothing where there is none."""

    def collect(self) -> Iterator[Metric]:
        """Ask it, at each scrape."""
        if not settings.READS_REPLICA:
            return
        found = None
        try:
            found = lag.measured()
        except DatabaseError:
            logger.warning("The replica does not answer the question of the metrics.")
        yield GaugeMetricFamily("plans_replica_up", "1 when it answers.", value=found is not None)
        yield GaugeMetricFamily(
            "plans_replica_in_use", "1 when this process reads from it.", value=in_use()
        )
        for unit, value in asdict(found).items() if found else ():
            if value is not None:
                yield GaugeMetricFamily(
                    f"plans_replica_lag_{unit}", "How far it is behind the writer.", value=value
                )

"""Twenty people who publish, beside the readers: in a process of their own, a thread each.

Every writer publishes values through the same service as the pages do (locks, validation, stored
progress, audit trail, editions), one transaction each; what was acknowledged is counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from datetime import date, timedelta
from types import TracebackType

import psycopg

from tools.bench.site import ROOT, Site

MARK = "Écrit pendant la charge."


class Writers:
    """The process of the writers, from outside."""

    def __init__(self, own: Site, count: int, seconds: int) -> None:
        self.own = own
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tools.bench.writers", str(count), str(seconds)],
            cwd=ROOT,
            env=own.environment(),
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Writers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def finish(self) -> tuple[int, int]:
        """Wait for them; return how many writes were acknowledged and how many refused."""
        said, _ = self.process.communicate(timeout=60)
        written, failed = json.loads(said.splitlines()[-1])
        return written, failed

    def present(self) -> int:
        """Count in the database what they wrote."""
        words = self.own.layout.database
        with psycopg.connect(
            host=words["HOST"], port=words["PORT"], user=words["USER"], dbname=words["NAME"]
        ) as connection:
            found = connection.execute(
                "SELECT count(*) FROM indicators_observation "
                "WHERE comment = %s AND state = 'published'",
                [MARK],
            ).fetchone()
        assert found is not None
        return int(found[0])


def main(count: int, seconds: int) -> None:
    import django  # noqa: PLC0415 - in the process of the writers only

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    django.setup()
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from indicators.models import Indicator, Observation  # noqa: PLC0415
    from indicators.services import publish  # noqa: PLC0415

    indicators = list(Indicator.objects.filter(plan__slug="demonstration").order_by("pk"))
    stocks = [one for one in indicators if one.measurement == "stock"]
    end = time.monotonic() + seconds
    written = [0] * count
    failed = [0] * count

    def write(number: int) -> None:
        indicator = stocks[number % len(stocks)]
        source = indicator.plan.sources.first()
        day = date(1950, 1, 1) + timedelta(days=number * 1000)
        while time.monotonic() < end:
            day += timedelta(days=1)
            try:
                draft = Observation.objects.create(
                    indicator=indicator, period_start=day, period_end=day, value=1, source=source,
                    comment=MARK, state="submitted",
                )  # fmt: skip
                publish(draft, reviewer=None, at=timezone.now())
                written[number] += 1
            except Exception as error:
                failed[number] += 1
                print(repr(error), file=sys.stderr)
            time.sleep(1)  # a person who publishes every second is a fast one
        connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps([sum(written), sum(failed)]))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

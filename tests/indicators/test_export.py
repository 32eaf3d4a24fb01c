"""The export of observations as a file: its very bytes, and what becomes of its readers."""

from __future__ import annotations

import csv
import gzip
import io
import json
import socket
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from indicators.export_table import NAMES, block, table
from indicators.models import Observation
from plans.api_support.problems import Refused
from plans.api_support.renderers import FRENCH, PLAIN
from plans.api_support.transfers import Transfer
from plans.formulas import FORMULA_STARTS, harmless
from tests.factories import IndicatorFactory, ObservationFactory, SourceFactory
from tools.bench.mass import Mass
from tools.bench.site import Site, Web, site

ADDRESS = "/api/v1/observations/export.csv"
MANY = 40_000
MOMENT = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _as_many_as_the_tests_ask_for(settings: Settings) -> None:
    settings.API_EXPORTS_PER_MINUTE = 1_000


def written(french: bool = False) -> str:
    return b"".join(table(Observation.objects.all(), FRENCH if french else PLAIN)).decode()


def parsed(text: str, separator: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))


# --- Its bytes ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_line_as_it_is_written() -> None:
    plan_indicator = IndicatorFactory.create(
        stock=True, code="salariés".replace("é", "e"), title='Salariés ; « IA », dits "experts"'
    )
    made = ObservationFactory.create(
        indicator=plan_indicator,
        published=True,
        published_at=MOMENT,
        value=Decimal("1200.50"),
        locator="p. 3, tableau 2",
        comment="Deux lignes :\nla seconde",
        source=SourceFactory.create(plan=plan_indicator.plan, code="rapport"),
    )
    period = made.period_start.isoformat(), made.period_end.isoformat()
    plan, unit = plan_indicator.plan, plan_indicator.unit
    assert written() == (
        "region,plan,indicator,title,common_code,unit,measurement,period_start,period_end,"
        "qualifier,provisional,source,locator,comment,published_at,value,numerator,denominator\r\n"
        f"{plan.region.slug},{plan.slug},salaries,"
        f'"Salariés ; « IA », dits ""experts""",,{unit.code},stock,{period[0]},{period[1]},exact,'
        'false,rapport,"p. 3, tableau 2","Deux lignes :\nla seconde",2026-11-20T23:30:00Z,1200.5,,'
        "\r\n"
    )
    french = written(french=True)
    assert french.startswith("\ufeffregion;plan;indicator;")
    assert french.endswith(";2026-11-20T23:30:00Z;1200,5;;\r\n")
    assert '"Salariés ; « IA », dits ""experts"""' in french


@pytest.mark.django_db
@pytest.mark.parametrize("sign", FORMULA_STARTS)
@pytest.mark.parametrize("before", ["", "  ", "\u00a0"])
def test_no_text_is_a_formula(sign: str, before: str) -> None:
    text = f"{before}{sign}1+1"
    indicator = IndicatorFactory.create(stock=True, title=text)
    ObservationFactory.create(indicator=indicator, published=True, locator=text, comment=text)
    [row] = parsed(written())
    assert (
        {row[name] for name in ("title", "locator", "comment")} == {f"'{text}"} == {harmless(text)}
    )


@pytest.mark.django_db
def test_a_ratio_has_the_digits_of_the_rules() -> None:
    indicator = IndicatorFactory.create(ratio=True, unit__ratio_scale=Decimal(100))
    ObservationFactory.create(
        indicator=indicator, published=True, value=None, numerator=Decimal("1.5"),
        denominator=Decimal(7), comment="un,/100,deux",
    )  # fmt: skip
    ObservationFactory.create(
        indicator=IndicatorFactory.create(stock=True), published=True, value=Decimal(0),
        comment="un,/100,deux",
    )  # fmt: skip
    by_value = {row["value"]: row for row in parsed(written())}
    # Twenty-eight digits, as Decimal reckons: PostgreSQL would write fewer.
    assert by_value.keys() == {"21.42857142857142857142857143", "0"}
    ratio = by_value["21.42857142857142857142857143"]
    assert (ratio["numerator"], ratio["denominator"]) == ("1.5", "7")
    assert {row["comment"] for row in by_value.values()} == {"un,/100,deux"}
    [french] = [row for row in parsed(written(french=True), ";") if row["numerator"]]
    assert (french["value"], french["numerator"]) == ("21,42857142857142857142857143", "1,5")


@pytest.mark.django_db
def test_without_any_row_there_are_the_titles() -> None:
    assert written() == ",".join(NAMES) + "\r\n"
    assert block([], PLAIN) == b""


@pytest.mark.django_db
def test_the_same_packed(client: Client) -> None:
    ObservationFactory.create(published=True)

    def asked(**headers: str) -> tuple[Any, bytes]:
        answer: Any = client.get(ADDRESS, headers=headers)
        assert answer.status_code == 200
        content = b"".join(answer.streaming_content)
        assert int(answer["Content-Length"]) == len(content)
        assert "Accept-Encoding" in answer["Vary"]
        return answer, content

    plain, content = asked()
    packed, smaller = asked(Accept_Encoding="br, gzip")
    assert (plain.get("Content-Encoding"), packed["Content-Encoding"]) == (None, "gzip")
    assert gzip.decompress(smaller) == content
    assert asked(Accept_Encoding="gzip;q=0")[1] == content
    head = client.head(ADDRESS)
    assert (head.status_code, head["ETag"]) == (200, plain["ETag"])


# --- Who reads it ---------------------------------------------------------------------------------


@pytest.mark.django_db
def test_so_many_at_once(client: Client, settings: Settings) -> None:
    settings.API_EXPORTS_AT_ONCE = 1

    def made() -> Transfer:
        return Transfer(table(Observation.objects.all(), PLAIN))

    sent = made().read(packed=False)
    answer = client.get(ADDRESS)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert answer["Content-Type"] == "application/problem+json"
    # Sent to its end, broken off, or never begun: the place is given back.
    assert b"".join(sent).startswith(b"region,")
    broken_off = made().read(packed=False)
    next(broken_off)
    broken_off.close()
    made().read(packed=True).close()
    forgotten = made()
    with pytest.raises(Refused):
        made()
    del forgotten

    def failing() -> Generator[bytes]:
        yield b"region,"
        raise OperationalError

    with pytest.raises(OperationalError):
        Transfer(failing())
    assert client.get(ADDRESS).status_code == 200


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Web]]:
    folder: Path = tmp_path_factory.mktemp("export")
    for one in (folder, *folder.parents[:2]):
        one.chmod(0o711)  # as root the servers run under another account
    with site(folder / "data", durable=False) as own:
        own.manage("prepare_site", "--demo")
        with psycopg.connect(own.owner, autocommit=True) as owner:
            Mass(owner).grow(MANY)
        settings = {"API_EXPORTS_PER_MINUTE": "1000", "API_EXPORTS_AT_ONCE": "2"}
        with own.web(threads=4, settings=settings) as web:
            yield own, web


def stalled(web: Web) -> socket.socket:
    """Ask for the file, take its beginning and nothing more."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    reader.connect(("127.0.0.1", web.port))
    reader.sendall(f"GET {ADDRESS} HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\n\r\n".encode())
    assert reader.recv(1024).startswith(b"HTTP/1.1 200")
    return reader


def writing(own: Site) -> list[int]:
    """Return who of the database writes an export."""
    with psycopg.connect(own.owner) as owner:
        found = owner.execute(
            "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%%COPY (%%' "
            "AND pid <> pg_backend_pid()"
        )
        return [int(pid) for (pid,) in found]


def test_readers_who_stop_leave_the_site_to_others(running: tuple[Site, Web]) -> None:
    own, web = running
    readers = [stalled(web), stalled(web)]
    assert writing(own) == []
    status, headers, _ = web.get(ADDRESS)
    assert (status, headers["Retry-After"]) == (503, "30")
    assert web.get("/mentions-legales/")[0] == 200
    # They go without a word: the next reader has it all.
    for reader in readers:
        reader.close()
    end = time.monotonic() + 20
    while (answer := web.get(ADDRESS))[0] == 503 and time.monotonic() < end:
        time.sleep(0.1)
    status, headers, content = answer
    assert (status, int(headers["Content-Length"])) == (200, len(content))
    assert len(parsed(content.decode())) > MANY


def test_half_a_file_never_looks_whole(running: tuple[Site, Web]) -> None:
    """The database ends while it writes: the reader is told, and given nothing."""
    own, web = running
    with psycopg.connect(own.owner) as owner, ThreadPoolExecutor() as elsewhere:
        owner.execute("LOCK TABLE plans_source IN ACCESS EXCLUSIVE MODE")
        asked = elsewhere.submit(web.get, ADDRESS)
        end = time.monotonic() + 20
        while not (found := writing(own)) and time.monotonic() < end:
            time.sleep(0.05)
        owner.execute("SELECT pg_terminate_backend(%s)", found)
        status, headers, content = asked.result(20)
        owner.rollback()
    assert (status, headers["Content-Type"]) == (503, "application/problem+json")
    assert json.loads(content)["status"] == 503
    status, _, content = web.get(ADDRESS)
    assert (status, len(parsed(content.decode())) > MANY) == (200, True)

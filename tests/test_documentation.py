"""What the documents say is there is there: links, commands, settings, the reckoned examples."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from django.utils.text import slugify

from indicators.progress import (
    Coverage,
    Frequency,
    Freshness,
    Measurement,
    Observed,
    Operator,
    PeriodQuota,
    Progress,
    Series,
    Status,
    Target,
    TargetKind,
    evaluate,
)

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
NAMES = [path.relative_to(ROOT).as_posix() for path in DOCUMENTS]
COMPOSE = ROOT / "docker-compose.yml"


def prose(text: str) -> str:
    """A document without its examples of code."""
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def links(text: str) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", prose(text))


def headings(text: str) -> set[str]:
    return {slugify(title) for title in re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)}


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_a_file_of_the_project_and_to_a_heading_of_it(name: str) -> None:
    document = ROOT / name
    broken = []
    for link in links(document.read_text()):
        parts = urlsplit(link)
        if not parts.scheme and not leads_somewhere(document, parts.path, parts.fragment):
            broken.append(link)
    assert broken == []


def leads_somewhere(document: Path, path: str, fragment: str) -> bool:
    target = (document.parent / path).resolve() if path else document
    if not target.is_relative_to(ROOT) or not target.exists():
        return False
    return not fragment or fragment in headings(target.read_text())


def test_the_index_lists_every_document() -> None:
    listed = {
        (ROOT / "docs" / link).resolve() for link in links((ROOT / "docs/README.md").read_text())
    }
    written = {path for path in (ROOT / "docs").glob("*.md") if path.name != "README.md"}
    assert written - listed == set()


def test_the_index_of_decisions_lists_each_in_its_order_under_its_title() -> None:
    folder = ROOT / "docs/decisions"
    listed = re.findall(r"\| \[(.+?)\]\((.+?)\)", (folder / "README.md").read_text())
    written = [
        (path.read_text().split("\n", 1)[0].split(". ", 1)[1], path.name)
        for path in sorted(folder.glob("0*.md"))
    ]
    assert listed == written


def make_targets() -> set[str]:
    lines = (ROOT / "Makefile").read_text().splitlines()
    return {line.split(":")[0] for line in lines if re.match(r"[a-z-]+:", line)}


@pytest.mark.parametrize("name", NAMES)
def test_commands_of_make_exist(name: str) -> None:
    text = (ROOT / name).read_text()
    in_code = re.findall(r"`make ([a-z-]+)", text) + re.findall(
        r"^make ([a-z-]+)", text, re.MULTILINE
    )
    assert set(in_code) - make_targets() == set()


@pytest.mark.parametrize("name", NAMES)
def test_files_named_in_code_marks_exist(name: str) -> None:
    """Those in a folder of the project: others are of an installation, or of a data folder."""
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    found = re.findall(r"`((?:[a-z_]+/)+[\w.-]*)`", prose((ROOT / name).read_text()))
    of_an_installation = {"docker/site.env", "docker/secrets/"}
    missing = [
        path
        for path in found
        if path.split("/")[0] in folders
        and path not in of_an_installation
        and not (ROOT / path).exists()
    ]
    assert missing == []


def test_the_changelog_keeps_the_changes_to_come_and_groups_them() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in text
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= kinds


def test_publiccode_has_what_its_standard_asks_for() -> None:
    code = yaml.safe_load((ROOT / "publiccode.yml").read_text())
    assert code["publiccodeYmlVersion"] == "0.4"
    required = {
        "name", "url", "platforms", "categories", "developmentStatus", "softwareType",
        "description", "legal", "maintenance", "localisation",
    }  # fmt: skip
    assert required - set(code) == set()
    assert urlsplit(code["url"]).scheme == "https"
    assert code["developmentStatus"] in {"concept", "development", "beta", "stable", "obsolete"}
    assert code["softwareType"] == "standalone/web"
    assert code["legal"]["license"] == "MIT"
    assert code["maintenance"]["contacts"]
    assert isinstance(code["localisation"]["localisationReady"], bool)
    for words in code["description"].values():
        assert len(words["shortDescription"]) <= 150
        assert 150 <= len(words["longDescription"]) <= 10_000
        assert [one for one in words["features"] if len(one) > 100] == []
        assert [one for one in words["screenshots"] if not (ROOT / one).is_file()] == []


def test_pictures_are_small() -> None:
    images = list((ROOT / "docs/images").iterdir())
    assert images
    assert [path.name for path in images if path.stat().st_size > 300_000] == []


def listed_settings() -> set[str]:
    text = (ROOT / "docs/settings.md").read_text()
    return set(re.findall(r"^\| `([A-Z0-9_]+)`", text, re.MULTILINE))


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def site_services() -> dict[str, dict[str, Any]]:
    return {
        name: one for name, one in services().items() if str(one["image"]).startswith("plans-ia")
    }


def given(service: dict[str, Any]) -> Iterator[str]:
    """The settings that a service is given: in variables and in files of secrets."""
    yield from service.get("environment", {})
    yield from (secret["target"] for secret in service.get("secrets", []))


def test_the_services_are_those_of_a_whole_site() -> None:
    assert sorted(services()) == [
        "beat",
        "courier",
        "migrate",
        "postgres",
        "proxy",
        "redis",
        "replica",
        "replication-account",
        "web",
        "worker",
    ]
    assert sorted(site_services()) == ["beat", "courier", "migrate", "web", "worker"]


def test_services_are_given_settings_of_the_list_and_no_other() -> None:
    unknown = {
        (name, variable)
        for name, service in site_services().items()
        for variable in given(service)
        if variable not in listed_settings()
    }
    assert unknown == set()


def test_the_example_of_an_installation_gives_settings_of_the_list() -> None:
    lines = (ROOT / "docker/site.env.example").read_text().splitlines()
    names = {line.split("=")[0] for line in lines if line and not line.startswith("#")}
    assert names - listed_settings() == set()
    # What production refuses to start without, and the services do not give each other.
    assert {"BASE_URL", "ALLOWED_HOSTS"} <= names


def test_only_what_migrates_knows_the_owner_of_the_tables() -> None:
    knowing = {
        name for name, one in site_services().items()
        if any(variable.startswith("MIGRATION_") for variable in given(one))
    }  # fmt: skip
    assert knowing == {"migrate"}
    users = {
        name: one["environment"]["DATABASE_URL"].split("@")[0]
        for name, one in site_services().items()
    }
    assert set(users.values()) == {"postgres://plans_app"}


def test_each_service_is_watched_and_brought_back() -> None:
    for name, service in services().items():
        if name in {"migrate", "replication-account"}:
            # They end by themselves, and others wait for that.
            assert service["restart"] == "no"
            continue
        assert service["restart"] == "unless-stopped"
        # The image has the check of the web server.
        assert "healthcheck" in service or name == "web"


def test_only_the_proxy_can_be_reached_and_the_web_server_from_the_machine() -> None:
    published = {name: one["ports"] for name, one in services().items() if "ports" in one}
    assert published == {
        "web": ["127.0.0.1:${PUBLISHED_PORT:-8000}:8000"],
        "proxy": ["80:80", "443:443"],
    }
    # Nobody has it who did not ask for it, and it leads to the web server.
    assert services()["proxy"]["profiles"] == ["tls"]
    assert "reverse_proxy web:8000" in (ROOT / "docker/Caddyfile").read_text()


def test_the_replica_is_the_database_again_and_knows_nothing_but_its_own_password() -> None:
    postgres, replica = services()["postgres"], services()["replica"]
    account = services()["replication-account"]
    assert [one.get("profiles") for one in (postgres, replica, account)] == [
        None, ["replica"], ["replica"],
    ]  # fmt: skip
    assert {one["image"] for one in (postgres, replica, account)} == {postgres["image"]}
    assert replica["secrets"] == ["replication_password"]
    # Either may become the other: the same rules about who may connect, the same bound on the disk.
    rules = "hba_file=/etc/plans-ia/pg_hba.conf"
    for one in (postgres, replica):
        assert {rules, "max_slot_wal_keep_size=4GB"} <= set(one["command"])
        assert "./docker/pg_hba.conf:/etc/plans-ia/pg_hba.conf:ro" in one["volumes"]
        assert one["networks"] == ["inside"]


def test_no_secret_stands_in_the_compose_file() -> None:
    secrets = yaml.safe_load(COMPOSE.read_text())["secrets"]
    assert {path.split("/")[1] for one in secrets.values() for path in [one["file"]]} == {"docker"}
    ignored = (ROOT / "docker/.gitignore").read_text().split()
    assert "/secrets/" in ignored
    assert not re.search(r"://[^/\s]+:[^/\s]+@", COMPOSE.read_text())


def test_every_command_of_a_service_is_one_the_image_knows() -> None:
    script = (ROOT / "docker/entrypoint.sh").read_text()
    known = set(re.findall(r"^([a-z-]+)\)$", script, re.MULTILINE))
    asked = {one["command"][0] for name, one in site_services().items() if name != "migrate"}
    asked |= {
        one["healthcheck"]["test"][-1] for one in site_services().values()
        if "test" in one.get("healthcheck", {})
    }  # fmt: skip
    assert asked <= known


# The worked examples of docs/methodology.md


def year(number: int, value: int) -> Observed:
    return Observed(start=date(number, 1, 1), end=date(number, 12, 31), value=Decimal(value))


def on_day(day: date, value: int) -> Observed:
    return Observed(start=day, end=day, value=Decimal(value))


QUOTA = Target(
    kind=TargetKind.QUOTA,
    periods=tuple(
        PeriodQuota(start=date(number, 1, 1), end=date(number, 12, 31), value=Decimal(35))
        for number in range(2020, 2025)
    ),
)
FALLING = Target(
    kind=TargetKind.LEVEL,
    operator=Operator.AT_MOST,
    value=Decimal(80),
    start=date(2020, 1, 1),
    due=date(2025, 12, 31),
)


def percent(share: Decimal | None) -> str:
    """As the document writes it: 40.57 %."""
    assert share is not None
    return f"{round(share * 100, 2).normalize():f} %".replace("-", "−")


def says(*figures: str) -> bool:
    text = (ROOT / "docs/methodology.md").read_text()
    examples = text.split("## Worked examples")[1].split("\n## ")[0]
    return [figure for figure in figures if f"**{figure}**" not in examples] == []


def half_reported(on: date) -> Progress:
    series = Series(
        measurement=Measurement.FLOW,
        observations=(year(2020, 30), year(2021, 41)),
        frequency=Frequency.YEAR,
        lag_days=90,
    )
    return evaluate(series, QUOTA, on=on)


def test_example_of_a_quota_half_reported() -> None:
    result = half_reported(date(2023, 3, 1))
    assert (result.value, result.expected, result.status) == (71, 70, Status.ON_TRACK)
    assert result.coverage == Coverage(reported=2, ended=3, total=5)
    assert result.pace is not None
    assert says(percent(result.rate), str(round(result.pace, 3)), "2 of 3")
    assert result.freshness == Freshness.DUE
    assert half_reported(date(2023, 3, 31)).freshness == Freshness.DUE
    assert half_reported(date(2023, 4, 1)).freshness == Freshness.STALE


def test_example_of_a_sum_that_hides_a_miss() -> None:
    values = zip(range(2020, 2025), (30, 41, 35, 35, 35), strict=True)
    series = Series(
        measurement=Measurement.FLOW,
        observations=tuple(year(number, value) for number, value in values),
    )
    result = evaluate(series, QUOTA, on=date(2025, 3, 1))
    assert (result.value, result.status) == (176, Status.PARTLY_ACHIEVED)
    assert says(percent(result.rate))


def test_example_of_a_level_late() -> None:
    series = Series(
        measurement=Measurement.STOCK,
        observations=(on_day(date(2026, 12, 31), 3000),),
        baseline=Decimal(2500),
        baseline_on=date(2024, 12, 31),
    )
    target = Target(
        kind=TargetKind.LEVEL,
        value=Decimal(5000),
        start=date(2024, 12, 31),
        due=date(2029, 12, 31),
    )
    result = evaluate(series, target, on=date(2027, 2, 1))
    assert result.status == Status.BEHIND
    assert result.pace is not None
    assert says(percent(result.rate), percent(result.expected_share), str(round(result.pace, 4)))


def falling(*values: Observed) -> Series:
    return Series(
        measurement=Measurement.STOCK,
        observations=values,
        baseline=Decimal(100),
        baseline_on=date(2020, 1, 1),
    )


def test_example_of_a_decreasing_level_that_climbs() -> None:
    before = on_day(date(2024, 12, 31), 110)
    at_due = on_day(date(2025, 12, 31), 110)
    result = evaluate(falling(before), FALLING, on=date(2025, 6, 1))
    assert result.status == Status.REGRESSING
    assert says(percent(result.rate))
    new_year = date(2026, 1, 1)
    assert evaluate(falling(before), FALLING, on=new_year).status == Status.OVERDUE
    assert evaluate(falling(before, at_due), FALLING, on=new_year).status == Status.MISSED


def test_example_of_a_total() -> None:
    target = Target(
        kind=TargetKind.TOTAL,
        value=Decimal(100),
        start=date(2025, 1, 1),
        due=date(2028, 12, 31),
    )
    series = Series(measurement=Measurement.FLOW, observations=(year(2025, 20),))
    result = evaluate(series, target, on=date(2026, 2, 1))
    assert result.status == Status.BEHIND
    assert result.expected is not None
    assert result.pace is not None
    assert says(percent(result.rate), str(round(result.expected, 2)), str(round(result.pace, 4)))


def test_example_of_a_threshold_on_a_ratio() -> None:
    surveys = tuple(
        Observed(
            start=date(number, 1, 1),
            end=date(number, 12, 31),
            numerator=Decimal(content),
            denominator=Decimal(asked),
        )
        for number, content, asked in ((2024, 170, 200), (2025, 237, 300))
    )
    series = Series(measurement=Measurement.RATIO, observations=surveys, ratio_scale=Decimal(100))
    target = Target(kind=TargetKind.THRESHOLD, value=Decimal(80))
    result = evaluate(series, target, on=date(2026, 2, 1))
    assert (result.status, result.rate, result.value) == (Status.NOT_MET, None, 79)
    assert (result.held, result.checked) == (1, 2)
    assert says("2")


def test_the_methodology_names_every_status_once_in_the_order_of_the_rule() -> None:
    text = (ROOT / "docs/methodology.md").read_text()
    table = text.split("## Status")[1].split("\n## ")[0]
    first_cells = re.findall(r"^\| (`.+?`) +\|", table, re.MULTILINE)
    named = [code for cell in first_cells for code in re.findall(r"`(\w+)`", cell)]
    assert named == [status.value for status in Status]

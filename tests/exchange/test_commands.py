"""The two commands, as a person runs them."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper

from exchange.management.commands.load_plan import Command
from plans.models import Plan
from tests.exchange.plan_texts import SMALL, edited
from tests.typography import plain

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "petit.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def run(*arguments: str) -> list[str]:
    output = StringIO()
    call_command(*arguments, stdout=output)
    return plain(output.getvalue()).splitlines()


def test_a_load_prints_its_summary(file: Path) -> None:
    lines = run("load_plan", str(file))
    assert (lines[0], lines[-1]) == (
        f"{file} (petit)",
        "  13 ajouts, 0 changement, 0 élément inchangé",
    )
    assert run("load_plan", str(file)) == [
        f"{file} (petit)",
        "  rien à changer (13 éléments inchangés)",
    ]


def test_a_quiet_load_prints_one_line_a_file(file: Path) -> None:
    output = StringIO()
    call_command("load_plan", str(file), verbosity=0, stdout=output)
    assert plain(output.getvalue()) == (
        f"{file} (petit) : 13 ajouts, 0 changement, 0 élément inchangé\n"
    )


def test_only_new_plans_leave_alone_what_a_region_changed_on_the_site(file: Path) -> None:
    run("load_plan", "--only-new", str(file))
    Plan.objects.update(title="Titre corrigé sur le site")

    assert run("load_plan", "--only-new", str(file)) == []
    assert Plan.objects.get().title == "Titre corrigé sur le site"
    run("load_plan", str(file))
    assert Plan.objects.get().title != "Titre corrigé sur le site"


def test_a_dry_run_says_that_nothing_was_saved(file: Path) -> None:
    assert run("load_plan", "--dry-run", str(file))[-1] == "Essai : rien n’a été enregistré."
    assert Plan.objects.count() == 0


def test_what_is_wrong_goes_to_the_error_stream_one_line_each(file: Path) -> None:
    update = "advancement: in_progress, source: "
    text = edited(SMALL, ("kind: axis", "kind: axes"), (f"{update}seed", f"{update}sead"))
    file.write_text(text, encoding="utf-8")
    errors = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("load_plan", str(file), str(file.with_name("absent.yaml")), stderr=errors)
    assert [plain(line).split(" (vouliez")[0] for line in errors.getvalue().splitlines()] == [
        f"{file.with_name('absent.yaml')}:1: fichier introuvable",
        f"{file}:14: objectives[o1].kind: « axes » n’est pas une valeur admise",
        (
            f"{file}:23: objectives[o1].measures[pack].milestones[guichet].updates[1].source: "
            "« sead » n’est pas dans « sources »"
        ),
    ]
    assert (plain(str(caught.value)), caught.value.returncode) == (
        "3 problèmes ; rien n’a été chargé.",
        1,
    )


def test_the_exit_code_of_a_refusal_is_1(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("")
    command = Command(stderr=OutputWrapper(StringIO()))  # type: ignore[arg-type]
    with pytest.raises(SystemExit) as caught:
        command.run_from_argv(["manage.py", "load_plan", str(file)])
    assert caught.value.code == 1


def test_an_export_goes_to_the_output_or_to_a_file(file: Path, tmp_path: Path) -> None:
    run("load_plan", str(file))
    output = StringIO()
    call_command("export_plan", "petit", stdout=output)
    written = tmp_path / "export.yaml"
    assert run("export_plan", "petit", "--output", str(written)) == []
    assert written.read_bytes() == output.getvalue().encode()
    assert output.getvalue().startswith("format: 1\n")


def test_a_plan_is_exported_by_a_former_slug(file: Path) -> None:
    run("load_plan", str(file))
    Plan.objects.update(slug="grand")
    assert run("export_plan", "petit")[2:5] == [
        "plan:",
        "  slug: grand",
        "  former_slugs: [petit]",
    ]


def test_an_unknown_plan_is_told_with_those_that_exist(file: Path) -> None:
    with pytest.raises(CommandError) as nothing:
        run("export_plan", "petit")
    run("load_plan", str(file))
    with pytest.raises(CommandError) as misspelt:
        run("export_plan", "petti")
    assert [plain(str(error.value)) for error in (nothing, misspelt)] == [
        "Le plan « petit » n’existe pas. Plans : aucun.",
        "Le plan « petti » n’existe pas (vouliez-vous dire « petit » ?). Plans : petit.",
    ]


def test_an_export_that_cannot_be_written(file: Path, tmp_path: Path) -> None:
    run("load_plan", str(file))
    with pytest.raises(CommandError) as caught:
        run("export_plan", "petit", "--output", str(tmp_path))
    assert plain(str(caught.value)) == (f"{tmp_path} : écriture impossible (Is a directory).")

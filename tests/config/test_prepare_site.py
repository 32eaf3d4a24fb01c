from pathlib import Path

from config.management.commands.prepare_site import plan_files


def test_demonstration_plans_are_only_for_a_demonstration(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    for name in ("b.yaml", "a.yaml", "notes.md", "demo/c.yaml"):
        (tmp_path / name).touch()
    real = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    assert plan_files(tmp_path, demo=False) == real
    assert plan_files(tmp_path, demo=True) == [*real, tmp_path / "demo" / "c.yaml"]

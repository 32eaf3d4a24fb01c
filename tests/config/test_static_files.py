from pathlib import Path

import pytest
from pytest_django import Settings

from config.static_files import collect_if_changed


@pytest.fixture
def source(tmp_path: Path, settings: Settings) -> Path:
    """A folder of static files, collected as an installation does."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "site.css").write_text("p { color: red }")
    settings.DATA_DIR = tmp_path
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    return folder


def collected(settings: Settings) -> list[str]:
    return sorted(path.suffix for path in settings.STATIC_ROOT.glob("site.*.css*"))


def test_files_are_collected_only_when_they_changed(source: Path, settings: Settings) -> None:
    assert collect_if_changed() is True
    assert collected(settings) == [".css"]  # too short to gain from compression
    assert collect_if_changed() is False
    (source / "site.css").write_text("p { color: blue } " * 100)
    assert collect_if_changed() is True
    assert collected(settings) == [".css", ".gz"]

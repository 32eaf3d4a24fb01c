"""Where files go, as the environment says it: whole, or refused with the reason."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import file_storage

NOTHING = {
    "bucket": "", "endpoint": "", "region": "us-east-1", "access_key": "", "secret_key": "",
    "folder": "", "addressing": "AUTO",
}  # fmt: skip
WHOLE = {**NOTHING, "bucket": "plans", "access_key": "key", "secret_key": "word"}


def test_without_a_bucket_files_stay_on_the_machine() -> None:
    assert file_storage.file_storage(**NOTHING) == {"BACKEND": "plans.files.folder.FolderStorage"}


def test_a_bucket_has_all_that_its_storage_asks_for() -> None:
    told = file_storage.file_storage(
        **{**WHOLE, "endpoint": "https://s3.example.org", "folder": "/plans/", "addressing": "PATH"}
    )
    assert told == {
        "BACKEND": "plans.files.bucket.BucketStorage",
        "OPTIONS": {
            "bucket_name": "plans",
            "endpoint_url": "https://s3.example.org",
            "region_name": "us-east-1",
            "access_key": "key",
            "secret_key": "word",
            "location": "plans",
            "addressing_style": "path",
        },
    }


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"bucket": "plans"}, "S3_ACCESS_KEY, S3_SECRET_KEY is not set"),
        ({"endpoint": "https://s3.example.org"}, "S3_BUCKET, S3_ACCESS_KEY, S3_SECRET_KEY"),
        ({"folder": "plans"}, "S3_BUCKET, S3_ACCESS_KEY, S3_SECRET_KEY"),
        ({"access_key": "key", "secret_key": "word"}, "S3_BUCKET is not set"),
        ({"bucket": "plans", "access_key": "key"}, "S3_SECRET_KEY is not set"),
    ],
)
def test_half_of_it_is_refused(given: dict[str, str], missing: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=missing):
        file_storage.file_storage(**{**NOTHING, **given})


@pytest.mark.parametrize(
    "endpoint",
    ["s3.example.org", "ftp://s3.example.org", "https://", "https://s3.example.org/plans"],
)
def test_an_endpoint_is_the_address_of_a_server(endpoint: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="expected the address of a server"):
        file_storage.file_storage(**{**WHOLE, "endpoint": endpoint})


def test_without_the_library_a_bucket_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_storage, "find_spec", lambda _name: None)
    with pytest.raises(ImproperlyConfigured, match=r"requirements/production\.txt"):
        file_storage.file_storage(**WHOLE)
    assert file_storage.file_storage(**NOTHING) == file_storage.FOLDER

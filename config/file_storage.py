"""The storage of uploaded files as the environment describes it, in the shape of STORAGES."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

FOLDER: dict[str, Any] = {"BACKEND": "plans.files.folder.FolderStorage"}


def file_storage(
    *,
    bucket: str,
    endpoint: str,
    region: str,
    access_key: str,
    secret_key: str,
    folder: str,
    addressing: str,
) -> dict[str, Any]:
    """Return the bucket, or the folder of this machine where none is set.

    Raises ImproperlyConfigured when half of it is set, when the server's address is none, or when
    the library is not installed: files would end where nobody looks for them.
    """
    needed = {"S3_BUCKET": bucket, "S3_ACCESS_KEY": access_key, "S3_SECRET_KEY": secret_key}
    missing = [name for name, value in needed.items() if not value]
    if len(missing) == len(needed) and not endpoint and not folder:
        return FOLDER
    if missing:
        raise ImproperlyConfigured(
            f"{', '.join(missing)} is not set, other S3_ ones are: uploaded files go to a bucket "
            "with all of S3_BUCKET, S3_ACCESS_KEY and S3_SECRET_KEY, to a folder with none."
        )
    parts = urlsplit(endpoint)
    if endpoint and (
        parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/")
    ):
        raise ImproperlyConfigured(
            f"S3_ENDPOINT={endpoint}: expected the address of a server, such as "
            "https://s3.example.org, without the bucket."
        )
    if find_spec("storages") is None:
        raise ImproperlyConfigured(
            "S3_BUCKET is set and the package django-storages is not installed: "
            "pip install --require-hashes -r requirements/production.txt"
        )
    return {
        "BACKEND": "plans.files.bucket.BucketStorage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": endpoint or None,
            "region_name": region,
            "access_key": access_key,
            "secret_key": secret_key,
            "location": folder.strip("/"),
            "addressing_style": addressing.lower(),
        },
    }

"""Files in a private bucket, of any provider or server that speaks S3.

Loaded only where a bucket is set: the library is an optional dependency. Objects appear whole or
not at all; a file is brought here whole before its first byte is handed over, so that a failure is
an error and never half an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any, cast

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from s3transfer.exceptions import RetriesExceededError
from storages.backends.s3 import S3Storage

from plans.files import StorageAwayError

CONNECT_SECONDS = 5
ANSWER_SECONDS = 20
ATTEMPTS = 3
PATIENCE = 2
"""Seconds for the bucket to say that it is well."""
IN_MEMORY = 1024 * 1024
"""Bytes of a file that is being read; what is larger goes to the temporary folder."""


@contextmanager
def failures_said(act: str, name: str) -> Iterator[None]:
    """Raise StorageAwayError for whatever the library raises but a file that is not there."""
    try:
        yield
    except (ClientError, BotoCoreError, Boto3Error, RetriesExceededError) as error:
        raise StorageAwayError(f"The bucket: {name} cannot be {act}: {error}") from error


class BucketStorage(S3Storage):
    """A bucket that nobody reads but this site."""

    def get_default_settings(self) -> dict[str, Any]:
        """Return what the settings of the installation do not decide."""
        return {
            **super().get_default_settings(),
            # The name of a file holds its digest, or is drawn: the same name is the same content.
            "file_overwrite": True,
            # Who may read is what the bucket says, and it is private.
            "default_acl": None,
            "max_memory_size": IN_MEMORY,
        }

    def __init__(self, **options: Any) -> None:
        super().__init__(client_config=_client(options.get("addressing_style")), **options)

    def exists(self, name: str) -> bool:
        with failures_said("looked for", name):
            return bool(super().exists(name))

    def size(self, name: str) -> int:
        with failures_said("measured", name):
            return int(super().size(name))

    def get_modified_time(self, name: str) -> datetime:
        with failures_said("dated", name):
            return cast("datetime", super().get_modified_time(name))

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with failures_said("listed", path):
            return cast("tuple[list[str], list[str]]", super().listdir(path))

    def delete(self, name: str) -> None:
        with failures_said("deleted", name):
            super().delete(name)

    def touch(self, name: str) -> None:
        """Copy a file onto itself, which dates it anew; raises OSError."""
        key = self._normalize_name(name)
        with failures_said("dated anew", name):
            self.bucket.Object(key).copy_from(
                CopySource={"Bucket": self.bucket_name, "Key": key}, MetadataDirective="REPLACE"
            )

    def is_well(self) -> bool:
        """Whether the bucket answers within two seconds, and lets this account in."""
        try:
            self._quick_client.head_bucket(Bucket=self.bucket_name)
        except (ClientError, BotoCoreError):
            return False
        return True

    @cached_property
    def _quick_client(self) -> Any:
        """For whoever asks every few seconds whether all is well."""
        quick = Config(
            connect_timeout=PATIENCE, read_timeout=PATIENCE, retries={"total_max_attempts": 1}
        )
        return self._create_session().client(
            "s3",
            region_name=self.region_name,
            endpoint_url=self.endpoint_url,
            config=self.client_config.merge(quick),
        )

    def where(self) -> str:
        """Return the bucket, its folder, and the server."""
        path = "/".join(part for part in (self.bucket_name, self.location) if part)
        return f"s3://{path} at {self.endpoint_url or 'AWS'}"

    def url(self, name: str | None, *_args: Any, **_options: Any) -> str:
        """Give none: a link that opens a file without asking who follows it would be public."""
        raise NotImplementedError("Files are handed over by the views that check who asks.")

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        with failures_said("read", name):
            file = super()._open(name, mode)
            try:
                file.open()  # brings it here
            except BaseException:
                file.close()
                raise
        return cast("File[bytes]", file)

    def _save(self, name: str, content: File[bytes]) -> str:
        with failures_said("stored", name):
            return str(super()._save(name, content))


def _client(addressing: str | None) -> Config:
    return Config(
        signature_version="s3v4",
        s3={"addressing_style": addressing},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=ANSWER_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        # Servers other than AWS's own do not all know the checksums that are sent by default since
        # 2025; the signature covers what is sent all the same.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )

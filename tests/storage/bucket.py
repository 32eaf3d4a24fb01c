"""A bucket of a real server that speaks S3, for the site of a test and for its other processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from config.file_storage import file_storage

KEYS = {"access_key": "the-key-of-the-tests", "secret_key": "the-secret-of-the-tests"}


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket of a server, and the folder in it that is the site's."""

    endpoint: str
    name: str
    folder: str = "plans"

    @property
    def storage(self) -> dict[str, Any]:
        """The entry of STORAGES."""
        return file_storage(
            bucket=self.name, endpoint=self.endpoint, region="fr-par", folder=self.folder,
            addressing="PATH", **KEYS,
        )  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        """What says the same to another process."""
        return {
            "S3_BUCKET": self.name,
            "S3_ENDPOINT": self.endpoint,
            "S3_REGION": "fr-par",
            "S3_FOLDER": self.folder,
            "S3_ADDRESSING": "path",
            "S3_ACCESS_KEY": KEYS["access_key"],
            "S3_SECRET_KEY": KEYS["secret_key"],
        }

    @property
    def client(self) -> Any:
        """A client of its own: what it finds, the site did not say."""
        return boto3.client(
            "s3", endpoint_url=self.endpoint, region_name="fr-par",
            aws_access_key_id=KEYS["access_key"], aws_secret_access_key=KEYS["secret_key"],
            config=Config(s3={"addressing_style": "path"}),
        )  # fmt: skip

    def keys(self) -> list[str]:
        """Return the keys of what is in the bucket, in order."""
        found = self.client.list_objects_v2(Bucket=self.name)
        return [one["Key"] for one in found.get("Contents", ())]

    def held(self) -> dict[str, bytes]:
        """Return what is in the bucket: key → content."""
        client = self.client
        return {
            key: client.get_object(Bucket=self.name, Key=key)["Body"].read() for key in self.keys()
        }

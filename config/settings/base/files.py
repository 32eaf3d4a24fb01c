"""Static files, uploaded files, and how large what people send may be."""

from typing import Any

from config.environment import env
from config.file_storage import file_storage
from config.settings.base.folders import BASE_DIR, DATA_DIR

# Collected with a hash in their name, compressed, served by the site itself.
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]

S3_SECRET_KEY: str = env.str("S3_SECRET_KEY", default="")
STORAGES: dict[str, dict[str, Any]] = {
    "default": file_storage(
        bucket=env.str("S3_BUCKET", default=""),
        endpoint=env.str("S3_ENDPOINT", default=""),
        region=env.str("S3_REGION", default="us-east-1"),
        access_key=env.str("S3_ACCESS_KEY", default=""),
        secret_key=S3_SECRET_KEY,
        folder=env.str("S3_FOLDER", default=""),
        addressing=env.choice("S3_ADDRESSING", default="AUTO", allowed=("AUTO", "PATH", "VIRTUAL")),
    ),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# What people upload, where no bucket is set; never served as it is: a view checks who asks.
MEDIA_ROOT = DATA_DIR / "media"
EVIDENCE_MAX_BYTES = env.whole(
    "EVIDENCE_MAX_BYTES", default=10_000_000, least=100_000, most=100_000_000
)
SPREADSHEET_MAX_BYTES = env.whole(
    "SPREADSHEET_MAX_BYTES", default=30_000_000, least=100_000, most=200_000_000
)
SPREADSHEET_MAX_ROWS = env.whole("SPREADSHEET_MAX_ROWS", default=200_000, least=100, most=1_000_000)
SPREADSHEET_RETENTION_DAYS = env.whole("SPREADSHEET_RETENTION_DAYS", default=14, least=1, most=365)
# A worker that has not been heard of for so long is taken for dead, and its import taken up.
SPREADSHEET_LEASE_SECONDS = 60

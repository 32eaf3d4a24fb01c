"""People, and what they are told."""

from accounts.models.notification import DigestMail, Notification
from accounts.models.user import User

__all__ = ["DigestMail", "Notification", "User"]

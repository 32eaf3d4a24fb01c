"""Mails that a person has just asked for: a new password, a warning of a change."""

from __future__ import annotations

from celery import shared_task
from django.core.mail import EmailMessage


@shared_task(
    name="accounts.mail.send_mail",
    ignore_result=True,
    autoretry_for=(OSError,),  # what the network and the mail server answer
    max_retries=8,
    retry_backoff=15,
    retry_backoff_max=3600,
)
def send_mail(*, subject: str, body: str, to: str) -> None:
    """Send one mail; while the mail server is down it is tried again, for about an hour."""
    EmailMessage(subject=subject, body=body, to=[to]).send()

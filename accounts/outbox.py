"""Sending what is written, once.

A mail is claimed in a transaction of its own, so that an attempt is counted even when the worker
is killed in the middle of it. Then, in a second one that holds the row's lock, it is given to the
mail server and marked as sent. No two workers ever hold the same mail, and a claim that came to
nothing is taken up again after a pause.

The guarantee: every mail written goes out. It goes out once, unless the worker or the connection
dies after the mail server has accepted a mail and before our commit that says so (one UPDATE
later): that one mail, the one in hand, goes again with the same Message-ID.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from accounts.letters import letter_of
from accounts.models import DigestMail

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
BATCH = 200
"""Mails of one run: what remains waits for the next, so that other work has its turn."""

logger = logging.getLogger(__name__)


def pause_after(attempts: int) -> timedelta:
    """How long a mail rests after so many attempts: 1, 2, 4 minutes … 6 hours."""
    pause: timedelta = FIRST_PAUSE * 2 ** (attempts - 1)
    return min(pause, LONGEST_PAUSE)


def deliver(*, at: datetime) -> int:
    """Send the mails that are to be tried by now, and return how many went.

    While the mail server cannot be reached nothing is attempted: a long outage uses up nobody's
    attempts.
    """
    sent = 0
    server = get_connection()
    try:
        for _turn in range(BATCH):
            if not DigestMail.objects.to_try(at).exists() or not _reached(server, at):
                break
            mail_id = _claim(at)
            if mail_id is None:
                break
            sent += _send(mail_id, server)
    finally:
        server.close()
    return sent


def _reached(server: BaseEmailBackend, at: datetime) -> bool:
    """Open the connection, or keep the one that is open."""
    try:
        server.open()
    except OSError as error:
        logger.warning("No mail server (%s): the mails wait.", error)
        DigestMail.objects.to_try(at).update(last_error=_in_short(error))
        return False
    return True


@transaction.atomic
def _claim(at: datetime) -> int | None:
    """Count an attempt at the next mail and put it out of reach for a while."""
    mail = DigestMail.objects.to_try(at).select_for_update(skip_locked=True, no_key=True).first()
    if mail is None:
        return None
    mail.attempts += 1
    mail.due_at = at + pause_after(mail.attempts)
    mail.save(update_fields=("attempts", "due_at"))
    return mail.pk


@transaction.atomic
def _send(mail_id: int, server: BaseEmailBackend) -> bool:
    """Give a claimed mail to the server; what goes wrong is kept with the mail.

    All that takes time comes before the server is spoken to, and nothing but the UPDATE and the
    commit comes after it has answered.
    """
    mail = (
        DigestMail.objects.waiting()
        .select_related("user")
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .filter(pk=mail_id)
        .first()
    )
    if mail is None:
        return False
    letter = letter_of(mail)
    if letter is None:
        mail.dropped_at = timezone.now()
        mail.save(update_fields=("dropped_at",))
        return False
    mail.subject = str(letter.subject)
    try:
        server.send_messages([letter])
    except (OSError, ValueError) as error:  # the server, the network; an impossible address
        logger.warning("Mail %s did not go (attempt %s): %s", mail.pk, mail.attempts, error)
        mail.last_error = _in_short(error)
        mail.save(update_fields=("subject", "last_error"))
        server.close()
        return False
    mail.sent_at = timezone.now()
    mail.last_error = ""
    mail.save(update_fields=("subject", "last_error", "sent_at"))
    return True


def _in_short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]

"""The words of a digest, and the headers that let a person stop it in one click (RFC 8058)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.signing import BadSignature, Signer
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import DigestMail, Notification, User

Kind = Notification.Kind

URGENCY = (
    Kind.OVERDUE,
    Kind.DUE_SOON,
    Kind.RETURNED,
    Kind.PARTNER,
    Kind.TO_REVIEW,
    Kind.MENTION,
    Kind.COMMENT,
    Kind.PUBLISHED,
)
"""What is read first."""

# A full stop instead of Django's colon, which mail programs cut addresses at.
_stops = Signer(salt="accounts.stop_digest", sep=".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One notification of a mail."""

    kind: str
    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """What a mail tells of one plan; without title: of none."""

    title: str
    lines: tuple[Line, ...]


def stop_token(user: User) -> str:
    """Return what a link needs to stop this person's mails without their signing in."""
    return _stops.sign(str(user.pk))


def user_of_stop_token(token: str) -> User | None:
    """Return whose mails a link stops; None for a token that is none of ours."""
    try:
        number = _stops.unsign(token)
    except BadSignature:
        return None
    return User.objects.filter(pk=number).first()


def stop_address(user: User) -> str:
    """Return the address that stops this person's mails; it never expires."""
    return _absolute(reverse("stop_digest", args=[stop_token(user)]))


def plans_that_tell(user: User) -> Mapping[int, str]:
    """Return the titles of the plans whose notifications concern the person, by id."""
    ask: Callable[[User], Mapping[int, str]] = import_string(settings.NOTIFICATION_PLANS)
    return ask(user)


def letter_of(mail: DigestMail) -> EmailMultiAlternatives | None:
    """Return the mail as it leaves now; None when nothing is left to tell.

    That is so of an inactive account, of a plan the person has left, and of what they have read.
    """
    user = mail.user
    if not user.is_active or user.digest == User.Digest.NEVER:
        return None
    plans = plans_that_tell(user)
    rows = list(mail.notifications.unread().about_plans(plans.keys()).order_by("created_at", "id"))
    if not rows:
        return None
    context = {
        "user": user,
        "site": settings.SITE,
        "chapters": _chapters(rows, plans),
        "home": _absolute(reverse("agent:home")),
        "preferences": _absolute(reverse("agent:preferences")),
        "stop": stop_address(user),
        "frequency": user.get_digest_display(),
    }
    letter = EmailMultiAlternatives(
        subject=_subject(rows),
        body=render_to_string("accounts/mail/digest.txt", context),
        to=[user.email],
        headers={
            "Message-ID": mail.message_id,
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{stop_address(user)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    letter.attach_alternative(render_to_string("accounts/mail/digest.html", context), "text/html")
    return letter


def _chapters(rows: Iterable[Notification], plans: Mapping[int, str]) -> tuple[Chapter, ...]:
    """Return the lines plan by plan, in the order of titles, the most urgent first."""
    by_plan: dict[str, list[Notification]] = {}
    for row in rows:
        title = "" if row.plan_id is None else plans[row.plan_id]
        by_plan.setdefault(title, []).append(row)
    return tuple(
        Chapter(
            title=title,
            lines=tuple(
                Line(kind=row.get_kind_display(), text=row.text, url=_absolute(row.url))
                for row in sorted(by_plan[title], key=lambda row: URGENCY.index(Kind(row.kind)))
            ),
        )
        for title in sorted(by_plan)
    )


def _subject(rows: Sequence[Notification]) -> str:
    """Return the text of the only notification, else how many there are of each urgent kind."""
    if len(rows) == 1:
        return _one_line(rows[0].text)
    counts = Counter(Kind(row.kind) for row in rows)
    parts = [_counted(kind, counts[kind]) for kind in URGENCY if counts[kind]]
    return _one_line(", ".join(parts).capitalize())


def _counted(kind: Kind, n: int) -> str:
    """``2 échéances passées``."""
    words = {
        Kind.OVERDUE: ngettext("%(n)d échéance passée", "%(n)d échéances passées", n),
        Kind.DUE_SOON: ngettext("%(n)d échéance proche", "%(n)d échéances proches", n),
        Kind.RETURNED: ngettext("%(n)d saisie renvoyée", "%(n)d saisies renvoyées", n),
        Kind.TO_REVIEW: ngettext("%(n)d saisie à relire", "%(n)d saisies à relire", n),
        Kind.MENTION: ngettext("%(n)d mention", "%(n)d mentions", n),
        Kind.COMMENT: ngettext("%(n)d commentaire", "%(n)d commentaires", n),
        Kind.PUBLISHED: ngettext("%(n)d saisie publiée", "%(n)d saisies publiées", n),
    }
    return words[kind] % {"n": n}


def _one_line(text: str) -> str:
    """Headers hold no line break; the database, 200 characters."""
    line = " ".join(text.split())
    return line if len(line) <= 200 else _("%(start)s…") % {"start": line[:199]}


def _absolute(path: str) -> str:
    return f"{settings.BASE_URL}{path}"

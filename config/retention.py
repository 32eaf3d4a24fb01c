"""Personal data goes when it has served: unused accounts, old sessions, sent mails, invitations.

What a person did stays, with the figures it justifies; that it was this person does not. An account
is made anonymous, never deleted: a value keeps its author and its reviewer, who must be two.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from accounts.models import DigestMail, Notification, User
from measures.models import MeasureAssignment
from plans.models import Invitation, Membership

logger = logging.getLogger(__name__)

# Reserved by RFC 2606: no mail will ever reach it.
DOMAIN = "anonyme.invalid"
DAYS_A_MONTH = 365.25 / 12


class RetentionError(Exception):
    """Something that cannot be made anonymous yet; says what to do first."""


def months(number: int) -> timedelta:
    return timedelta(days=number * DAYS_A_MONTH)


def unused_accounts(*, before: datetime) -> QuerySet[User]:
    """Return the accounts that nobody has used since, not yet anonymous.

    An account was used when somebody signed in, or when it was opened. The last administrator who
    can still sign in is never one of them, nor is the account of a partner's system: nobody signs
    in to it, and it holds nothing about a person.
    """
    recent = UserSession.objects.filter(user=OuterRef("pk"), last_seen_at__gte=before)
    other = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=OuterRef("pk"))
    return (
        User.objects.filter(partner_system=None)
        .annotate(used=Greatest(F("date_joined"), F("last_login")))
        .filter(Q(used__lt=before), ~Exists(recent))
        .exclude(email__endswith=f"@{DOMAIN}")
        .exclude(Q(is_superuser=True, is_active=True) & ~Exists(other))
        .order_by("pk")
    )


@transaction.atomic
def anonymise(user: User) -> None:
    """Take the person out of an account, and close it.

    Their roles end; a plan may be left without a manager, whom an administrator then names.
    Raises RetentionError for the last administrator who can sign in.
    """
    # One at a time: two last administrators must not see each other.
    locked = {one.pk: one for one in User.objects.select_for_update().filter(
        Q(pk=user.pk) | Q(is_superuser=True)).order_by("pk")}  # fmt: skip
    user = locked[user.pk]
    others = [one for one in locked.values() if one.is_superuser and one.is_active]
    if user.is_superuser and others == [user]:
        raise RetentionError(f"Account {user.pk} is the last administrator: make another first.")
    _forget_invitations(Invitation.objects.filter(email__iexact=user.email))
    belongings: tuple[type[Model], ...] = (
        EmailAddress, Authenticator, SocialAccount, Notification, DigestMail, MeasureAssignment,
        Membership,
    )  # fmt: skip
    for kind in belongings:
        kind._default_manager.filter(user=user).delete()
    for session in UserSession.objects.filter(user=user):
        session.end()  # wherever sessions are kept
    LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk)
    ).update(object_repr=f"{user.pk}", change_message="")
    user.groups.clear()
    user.user_permissions.clear()
    user.email = f"compte-{user.pk}@{DOMAIN}"
    user.name = _("Personne n° %(number)d (compte anonymisé)") % {"number": user.pk}
    user.is_active = user.is_staff = user.is_superuser = False
    user.digest = User.Digest.NEVER
    user.last_login = None
    user.set_unusable_password()
    user.save()


def forget(*, at: datetime) -> dict[str, int]:
    """Do what the settings promise, as the application; return how many of what.

    Every night. What the audit trail still holds goes with `forget_in_trail`, as the owner.
    """
    old = at - months(settings.SESSION_MONTHS)
    done = {
        "sessions": _deleted(Session.objects.filter(expire_date__lt=at)),
        "past sessions": _deleted(UserSession.objects.filter(last_seen_at__lt=old)),
        "mails": _deleted(DigestMail.objects.filter(Q(sent_at__lt=old) | Q(dropped_at__lt=old))),
        "notifications": _deleted(Notification.objects.filter(read_at__lt=old)),
        "invitations": _forget_invitations(
            Invitation.objects.filter(
                Q(expires_at__lt=old) | Q(revoked_at__lt=old) | Q(accepted_at__lt=old)
            )
        ),
        "accounts": 0,
    }
    if settings.RETENTION_MONTHS:
        for user in unused_accounts(before=at - months(settings.RETENTION_MONTHS)):
            try:
                anonymise(user)
            except RetentionError as reason:
                logger.warning("%s", reason)
            else:
                done["accounts"] += 1
    return done


def forget_in_trail() -> int:
    """Take out of the audit trail the addresses of the invitations that are anonymous; how many.

    To be run by the owner of the tables: nobody else may change the trail, and this one trigger is
    put to sleep for this one statement. The rest of the trail names people by number only.

    Raises RetentionError to whoever may not change the trail.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('plans_invitationevent', 'UPDATE')")
        if not cursor.fetchone()[0]:
            raise RetentionError(
                "The audit trail is the owner's to change: give MIGRATION_DATABASE_URL. "
                "What is outside of it was done."
            )
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'plans_invitationevent'::regclass "
            "AND NOT tgisinternal AND tgname LIKE 'pgtrigger_append_only_%%'"
        )
        names = ",".join(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", ["{" + names + "}"])
        cursor.execute(
            "UPDATE plans_invitationevent e SET email = i.email, mail_error = '' "
            "FROM plans_invitation i WHERE e.pgh_obj_id = i.id AND i.email LIKE %s "
            "AND (e.email <> i.email OR e.mail_error <> '')",
            [f"%@{DOMAIN}"],
        )
        changed: int = cursor.rowcount
        cursor.execute("SELECT set_config('pgtrigger.ignore', '', true)")
    return changed


def _forget_invitations(invitations: QuerySet[Invitation]) -> int:
    count = 0
    for invitation in invitations.exclude(email__endswith=f"@{DOMAIN}"):
        invitation.email = f"invitation-{invitation.pk}@{DOMAIN}"
        invitation.mail_error = ""
        invitation.save(update_fields=("email", "mail_error"))
        count += 1
    return count


def _deleted(rows: QuerySet[Session] | QuerySet[UserSession] | QuerySet[DigestMail]
             | QuerySet[Notification]) -> int:  # fmt: skip
    count, _kinds = rows.delete()
    return count

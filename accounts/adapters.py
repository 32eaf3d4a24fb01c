"""What this site asks of allauth: accounts by invitation, mails by the worker, French words."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from kombu.exceptions import KombuError

from accounts.mail import send_mail
from accounts.models import User

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up alone, and no page waits for the mail server."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy("L’adresse ou le mot de passe n’est pas le bon."),
        "incorrect_code": gettext_lazy("Ce code n’est pas le bon, ou il a expiré."),
        "incorrect_password": gettext_lazy("Ce mot de passe n’est pas le bon."),
        "enter_current_password": gettext_lazy("Ce mot de passe n’est pas le bon."),
        "too_many_login_attempts": gettext_lazy(
            "Trop d’essais de connexion : attendez cinq minutes, puis réessayez."
        ),
        "rate_limited": gettext_lazy("Trop d’essais : attendez quelques minutes, puis réessayez."),
        "duplicate_email": gettext_lazy("Cette adresse est déjà celle de votre compte."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse: an account is made by accepting an invitation."""
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Go back to the person's account."""
        return reverse("account_home")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Hand the mail to the worker.

        The page answers as fast for an address that has no account as for one that has; and a
        mail server that is slow or down holds nobody. Without a broker the mail goes at once.
        """
        names = {"site": settings.SITE, "home": settings.BASE_URL, "email": email}
        message = self.render_mail(template_prefix, email, {**context, **names})
        words = {"subject": str(message.subject), "body": str(message.body), "to": email}
        try:
            send_mail.apply_async(kwargs=words, retry=False)
        except KombuError as error:
            logger.warning("No broker (%s): a mail is sent without the worker.", error)
            try:
                send_mail(**words)
            except OSError:
                logger.exception("A mail could not be sent.")


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """An identity opens the account that has its verified address; it makes none."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse an identity token that answers another request than this browser's."""
        sent = sociallogin.state.get("nonce")
        received = sociallogin.account.extra_data.get("id_token", {}).get("nonce")
        if sent is not None and received != sent:
            raise ImmediateHttpResponse(render_authentication_error(request, sociallogin.provider))

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        """Fill in the address and the name of an account to be made."""
        user: User = super().populate_user(request, sociallogin, data)
        parts = (data.get("first_name"), data.get("last_name"))
        name = data.get("name") or " ".join(part for part in parts if part)
        user.name = name[: User._meta.get_field("name").max_length]
        return user

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Refuse, and say why and what to do, unless the person was invited."""
        if self.is_invited(sociallogin):
            return True
        address = next(iter(sociallogin.email_addresses), None)
        raise ImmediateHttpResponse(
            render(
                request,
                "socialaccount/unknown_person.html",
                {"provider": sociallogin.provider, "address": address},
                status=403,
            )
        )

    def is_invited(self, sociallogin: SocialLogin) -> bool:
        """Whether an account may be made for this identity."""
        return False


class SecondFactorAdapter(DefaultMFAAdapter):
    """Names of second factors in French, and a drawing that a page can hold."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("Ce code n’est pas le bon, ou il a expiré."),
    }

    def build_totp_svg(self, url: str) -> SafeString:
        """Draw the code to scan as an element of the page: no image address to allow."""
        drawing: str = super().build_totp_svg(url)
        # Drawn here from text of ours: nothing a person typed is in it but as black squares.
        return SafeString(drawing[drawing.index("<svg") :])  # nosec B703 - as just said

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002
        """Propose a name for a new passkey."""
        held = Authenticator.objects.filter(user=user, type=type).count()
        return _("Clé d’accès %(number)d") % {"number": held + 1}

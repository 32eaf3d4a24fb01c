"""Forms of the account pages; those of allauth with words of our own."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account_forms
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.contrib.auth.password_validation import (
    MinimumLengthValidator,
    get_default_password_validators,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User


def password_advice() -> str:
    """Say in one sentence what the validators ask of a password."""
    length = next(
        validator.min_length
        for validator in get_default_password_validators()
        if isinstance(validator, MinimumLengthValidator)
    )
    return _(
        "Au moins %(length)d caractères ; ni un mot de passe courant, ni votre nom ou votre "
        "adresse, ni des chiffres seulement."
    ) % {"length": length}


def reword(form: forms.Form, **labels: str) -> None:
    """Give allauth's fields our labels, and take away what repeats them."""
    for name, label in labels.items():
        form.fields[name].label = label
        form.fields[name].help_text = ""
        form.fields[name].widget.attrs.pop("placeholder", None)


class NameForm(forms.ModelForm):
    """The name that others see beside a person's contributions."""

    class Meta:
        model = User
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        self.fields["name"].label = _("Prénom et nom")
        self.fields["name"].help_text = _("Les autres membres le voient à côté de vos saisies.")
        self.fields["name"].widget.attrs["autocomplete"] = "name"


class NewPersonForm(forms.Form):
    """What an invited person without an account chooses."""

    name = forms.CharField(
        label=gettext_lazy("Prénom et nom"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=gettext_lazy("Les autres membres le voient à côté de vos saisies."),
    )
    password1 = forms.CharField(
        label=gettext_lazy("Mot de passe"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=gettext_lazy("Mot de passe, une seconde fois"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email
        self.fields["password1"].help_text = password_advice()

    def clean(self) -> dict[str, Any]:
        """Check the password as for any account, and that it was typed twice alike."""
        given = super().clean() or {}
        password = given.get("password1")
        if password is None:
            return given
        try:
            validate_password(password, User(email=self.email, name=given.get("name", "")))
        except ValidationError as error:
            self.add_error("password1", error)
        if given.get("password2") not in (None, password):
            self.add_error("password2", _("Les deux mots de passe ne sont pas identiques."))
        return given


class LoginForm(account_forms.LoginForm):
    """Signing in with an address and a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The page links to a new password after the button, not between two fields.
        reword(
            self,
            login=_("Adresse électronique"),
            password=_("Mot de passe"),
            remember=_("Rester connecté deux semaines sur cet appareil"),
        )
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class ResetPasswordForm(account_forms.ResetPasswordForm):
    """Asking for a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reword(self, email=_("Adresse électronique de votre compte"))


class NewPasswordMixin:
    """The two fields in which a new password is typed."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert isinstance(self, forms.Form)
        reword(
            self,
            password1=_("Nouveau mot de passe"),
            password2=_("Nouveau mot de passe, une seconde fois"),
        )
        self.fields["password1"].help_text = password_advice()


class ResetPasswordKeyForm(NewPasswordMixin, account_forms.ResetPasswordKeyForm):
    """Choosing a new password, having followed the link of the mail."""


class SetPasswordForm(NewPasswordMixin, account_forms.SetPasswordForm):
    """Choosing a password for an account that has none."""


class ChangePasswordForm(NewPasswordMixin, account_forms.ChangePasswordForm):
    """Changing one's password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reword(self, oldpassword=_("Mot de passe actuel"))


class ReauthenticateByPasswordForm(account_forms.ReauthenticateForm):
    """Confirming by password that it is still the same person."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reword(self, password=_("Mot de passe"))


class ChangeEmailForm(account_forms.AddEmailForm):
    """Giving a new address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reword(self, email=_("Nouvelle adresse électronique"))


class ActivateGeneratorForm(ActivateTOTPForm):
    """Turning on a code generator."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reword(self, code=_("Code à six chiffres que l’application affiche"))
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class CodeMixin:
    """The field for a code: a generated one, or a recovery code."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert isinstance(self, forms.Form)
        reword(self, code=_("Code de l’application, ou code de secours"))
        self.fields["code"].widget.attrs.update(inputmode="numeric", autocomplete="one-time-code")


class AuthenticateForm(CodeMixin, mfa_forms.AuthenticateForm):
    """The second step of a sign-in, by code."""


class ReauthenticateByCodeForm(CodeMixin, mfa_forms.ReauthenticateForm):
    """Confirming by code that it is still the same person."""


class AddPasskeyForm(AddWebAuthnForm):
    """Adding a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reword(self, name=_("Nom de la clé"), passwordless=_("Se connecter avec cette clé seule"))
        self.fields["name"].help_text = _("Pour la reconnaître : « téléphone », « clé USB »…")
        self.fields["passwordless"].help_text = _(
            "Sans mot de passe : l’appareil vérifie votre empreinte, votre visage ou un code. "
            "Décochez pour une clé qui ne sert que de second facteur."
        )
        self.fields["passwordless"].initial = True


class RenamePasskeyForm(EditWebAuthnForm):
    """Renaming a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reword(self, name=_("Nom de la clé"))

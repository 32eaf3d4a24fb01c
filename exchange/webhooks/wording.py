"""Why nothing was sent, or nothing came back, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _


def refusal_words(code: str) -> str:
    """Say why an address is not written to."""
    return {
        "scheme": _("L’adresse commence par https://."),
        "host": _("Cette adresse n’a pas de nom de machine lisible."),
        "credentials": _("L’adresse ne contient ni nom ni mot de passe."),
        "port": _("Le numéro de port n’existe pas."),
        "inside": _(
            "Ce nom de machine n’est connu que d’un réseau privé : rien n’y est envoyé. Donnez un "
            "nom public, comme exemple.fr."
        ),
        "private": _("Cette adresse est celle d’un réseau privé : rien n’y est envoyé."),
    }[code]


def error_words(error: str) -> str:
    """Say why an attempt had no answer; what the system said stands after the code."""
    code, _colon, detail = error.partition(": ")
    words = {
        "scheme": _("adresse sans https, refusée"),
        "host": _("adresse illisible"),
        "credentials": _("adresse avec mot de passe, refusée"),
        "port": _("port inexistant"),
        "inside": _("nom connu d’un réseau privé seulement, refusé"),
        "private": _("adresse d’un réseau privé, refusée"),
        "dns": _("nom introuvable"),
        "timeout": _("pas de réponse à temps"),
        "tls": _("certificat refusé"),
        "connection": _("connexion impossible"),
        "protocol": _("réponse illisible"),
        "secret": _("secret illisible par ce site : remplacez-le"),
        "internal": _("erreur de ce site, notée dans son journal"),
    }[code]
    return f"{words} ({detail})" if detail else words

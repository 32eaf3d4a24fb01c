"""What loading a file did, for the person who loaded it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchange.plan_files.writing import flow

NAMED = 20
"""How many added or kept things of one kind are named; of more, the first ones are."""

Kind = type[Model]


@dataclass(frozen=True, slots=True)
class Change:
    """One value that a file changes."""

    kind: Kind
    name: str
    key: str
    old: object
    new: object

    def __str__(self) -> str:
        values = f"{_short(self.old)} → {_short(self.new)}"
        return f"{self.kind._meta.verbose_name} {self.name}, {self.key} : {values}"


@dataclass(slots=True)
class Report:
    """What was added, changed, left as it was in spite of the file, and unchanged."""

    file: str
    plan: str
    added: dict[Kind, list[str]] = field(default_factory=lambda: defaultdict(list))
    changed: list[Change] = field(default_factory=list)
    moved: Counter[Kind] = field(default_factory=Counter)
    left: dict[tuple[Kind, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    unchanged: int = 0

    def leave(self, kind: Kind, name: str, reason: str | None = None) -> None:
        """Tell that something stays as it is stored, by default because the file is silent."""
        why = _("dans la base, absent du fichier, conservé") if reason is None else reason
        self.left[kind, why].append(name)

    @property
    def changes_nothing(self) -> bool:
        """Whether the database already said what the file says."""
        return not (self.added or self.changed or self.moved)

    def lines(self) -> Iterator[str]:
        """Return the summary, line by line: what was added, changed, left, and the totals."""
        yield f"{self.file} ({self.plan})"
        for kind, names in self.added.items():
            yield f"  + {_counted(kind, names)}"
        for change in self.changed:
            yield f"  ~ {change}"
        for kind, number in self.moved.items():
            yield "  ~ " + _("%(things)s : ordre modifié") % {"things": _number(kind, number)}
        for (kind, reason), names in self.left.items():
            yield f"  = {_counted(kind, names)} : {reason}"
        yield f"  {self.totals()}"

    def brief(self) -> str:
        """Return the summary in one line."""
        return f"{self.file} ({self.plan}) : {self.totals()}"

    def totals(self) -> str:
        """Return how much was added, changed and left alone."""
        unchanged = ngettext(
            "%(count)d élément inchangé", "%(count)d éléments inchangés", self.unchanged
        ) % {"count": self.unchanged}
        if self.changes_nothing:
            return _("rien à changer (%(unchanged)s)") % {"unchanged": unchanged}
        added = sum(map(len, self.added.values()))
        changed = len(self.changed) + sum(self.moved.values())
        return ", ".join(
            [
                ngettext("%(count)d ajout", "%(count)d ajouts", added) % {"count": added},
                ngettext("%(count)d changement", "%(count)d changements", changed)
                % {"count": changed},
                unchanged,
            ]
        )


def _number(kind: Kind, number: int) -> str:
    words = kind._meta.verbose_name if number < 2 else kind._meta.verbose_name_plural
    return f"{number} {words}"


def _counted(kind: Kind, names: list[str]) -> str:
    shown = ", ".join(names[:NAMED])
    more = "…" if len(names) > NAMED else ""
    return f"{_number(kind, len(names))} : {shown}{more}"


def _short(value: object) -> str:
    text = _("(rien)") if value in (None, "", ()) else flow(value)
    return text if len(text) <= 90 else f"{text[:89]}…"

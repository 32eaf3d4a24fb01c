"""Parts of pages that were rendered once, kept by what they show.

A part is a pure function of its template, the values it is given, the language and the addresses
of the site. It is kept under exactly these, in the process that rendered it: equal values give the
same words, so nothing is ever taken out because it is stale. After a publication the page is made
of the parts it had, and of the one that changed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from django.utils.safestring import SafeString

MOST_CHARACTERS = 2_000_000
"""What a process keeps: the parts of about twenty-five long plans. With their keys, 7 MB."""


class Fragments:
    """Rendered parts by what they show; the least recently shown leave first."""

    def __init__(self, most: int = MOST_CHARACTERS) -> None:
        self._most = most
        self._held: OrderedDict[Hashable, SafeString] = OrderedDict()
        self._characters = 0
        self._lock = Lock()

    def shown(self, key: Hashable, render: Callable[[], SafeString]) -> SafeString:
        """Return the part of this key, rendered now if it is not kept."""
        with self._lock:
            held = self._held.get(key)
            if held is not None:
                self._held.move_to_end(key)
                return held
        rendered = render()
        with self._lock:
            if key not in self._held:
                self._held[key] = rendered
                self._characters += len(rendered)
                while self._characters > self._most:
                    _key, left = self._held.popitem(last=False)
                    self._characters -= len(left)
        return rendered

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()
            self._characters = 0

    @property
    def characters(self) -> int:
        """How many characters are kept."""
        return self._characters


KEPT = Fragments()

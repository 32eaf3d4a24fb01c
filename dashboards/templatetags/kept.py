"""``{% kept %}``: an include that is rendered once for equal values."""

from __future__ import annotations

from django import template
from django.db.models import Model
from django.template.base import FilterExpression, Node, Parser, Token, token_kwargs
from django.template.context import Context
from django.urls import get_urlconf
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from dashboards.fragments import KEPT

register = template.Library()


class KeptNode(Node):
    """What the tag renders."""

    def __init__(self, name: str, given: dict[str, FilterExpression]) -> None:
        self.name = name
        self.given = given

    def render(self, context: Context) -> SafeString:
        """Render the template with the values alone, or show what equal values rendered.

        Raises TypeError for a value that is not hashable, and for a row of the database: two of
        these are equal when their ids are, whatever they hold.
        """
        values = {name: value.resolve(context) for name, value in self.given.items()}
        if any(isinstance(value, Model) for value in values.values()):
            raise TypeError(f"{self.name} is kept by plain values, not by rows: {list(values)}")
        key = (self.name, get_language(), get_urlconf(), *values.items())

        def render() -> SafeString:
            assert context.template is not None, "a tag is rendered in a template"
            part = context.template.engine.get_template(self.name)
            rendered: SafeString = part.render(context.new(values))
            return rendered

        return KEPT.shown(key, render)


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    """``{% kept "components/measure_row.html" entry=row plan=ref %}``.

    Like ``{% include … only %}``, but equal values are rendered once (`dashboards.fragments`). The
    values are facts: plain values, and tuples of them, that hold all the part shows.
    """
    words = token.split_contents()[1:]
    if not words or words[0][0] not in "\"'":
        raise template.TemplateSyntaxError("kept takes the name of a template, in quotes")
    given = token_kwargs(words[1:], parser)
    if len(given) != len(words) - 1:
        raise template.TemplateSyntaxError("kept takes name=value after the template")
    return KeptNode(words[0][1:-1], given)

"""The base of what only the holder of a token may ask: what is under way in a plan, and writing it.

Each address declares, method by method, what it takes and answers (`Act`): the view and the schema
read the same declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from rest_framework import exceptions, serializers
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from accounts.models import User
from plans.api_support.authentication import BearerToken, TokenHolder
from plans.api_support.idempotency import once
from plans.api_support.moves import follow_former
from plans.api_support.parameters import refuse_unknown
from plans.api_support.problems import Refused, handle
from plans.api_support.renderers import ByParameterOrHeader, JsonRenderer, json_of
from plans.api_support.schema import WrittenSchema
from plans.api_support.throttling import PerCaller
from plans.models import ApiToken, Plan
from plans.permissions import Action, Rights, rights_by
from plans.workflow import WorkflowError

# What is refused is said in English to programs, as the rest of the API is.
IN_ENGLISH = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What one method of an address takes and answers."""

    name: str
    """The identifier of the operation in the schema."""
    summary: str
    errors: Sequence[int]
    """The refusals of its own: those of every address come in addition."""
    status: int = 200
    takes: type[serializers.BaseSerializer[Any]] | None = None
    takes_nothing_too: bool = False
    gives: type[serializers.BaseSerializer[Any]] | None = None
    conditional: bool = False
    """Whether If-Match is asked for."""
    repeatable: bool = False
    """Whether Idempotency-Key is read."""
    tagged: bool = True
    """Whether the answer has an ETag."""
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Where the answer leads: the operation, and its words as runtime expressions."""


class Strict(serializers.Serializer[Any]):
    """A body in which every name is known."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse names that nothing reads."""
        if isinstance(data, Mapping):
            unknown = {
                str(name): [f"No field has this name: there are {', '.join(self.fields)}."]
                for name in data
                if name not in self.fields
            }
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)


def pointed(errors: Any, where: str = "") -> Iterator[dict[str, str]]:
    """Yield what is wrong in a body, each with the pointer to it."""
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            here = where if name == "non_field_errors" else f"{where}/{_escaped(str(name))}"
            yield from pointed(inner, here)
    elif isinstance(errors, list | tuple) and any(not isinstance(one, str) for one in errors):
        for place, inner in enumerate(errors):
            yield from pointed(inner, f"{where}/{place}")
    else:
        for text in errors:
            yield {"pointer": where, "detail": str(text)}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def refused_content(errors: Sequence[Mapping[str, str]], **more: Any) -> Refused:
    """Return the refusal of a body."""
    detail = "One part of the content is refused."
    if len(errors) != 1:
        detail = f"{len(errors)} parts of the content are refused."
    return Refused(422, detail, errors=list(errors), **more)


class TokenView(GenericAPIView[Any]):
    """An address of one plan, for the system that holds a token of it."""

    authentication_classes = (BearerToken,)
    permission_classes = (TokenHolder,)
    parser_classes = (JSONParser,)
    renderer_classes = (JsonRenderer,)
    content_negotiation_class = ByParameterOrHeader
    throttle_classes = (PerCaller,)
    schema = WrittenSchema()
    acts: ClassVar[Mapping[str, Act]] = {}
    right: ClassVar[Action] = Action.CONTRIBUTE
    parameters: ClassVar[Sequence[str]] = ()
    is_list = False
    renamed: ClassVar[Mapping[str, Any]] = {}
    plan: Plan
    rights: Rights

    @property
    def allowed_methods(self) -> list[str]:
        """Name the methods that are declared; HEAD goes with GET."""
        names = [method.upper() for method in self.acts]
        return [*names, "HEAD"] if "GET" in names else names

    @property
    def act(self) -> Act:
        """The declaration of what is asked now."""
        method = str(self.request.method).lower()
        return self.acts["get" if method == "head" else method]

    @property
    def token(self) -> ApiToken:
        """The token that is shown."""
        assert isinstance(self.request.auth, ApiToken)
        return self.request.auth

    @property
    def system_user(self) -> User:
        """The account of the system that asks: the author of what it writes."""
        return self.token.system.user

    def perform_authentication(self, request: Request) -> None:
        """Know who asks; a token that is refused counts as a request of its address."""
        try:
            super().perform_authentication(request)
        except exceptions.AuthenticationFailed:
            self.check_throttles(request)
            raise

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse whoever may not ask, before anything is read of what they send."""
        # The whole body is held, up to a limit: what identifies a repeated request needs it.
        request._request.body  # noqa: B018 - reading it is what raises
        super().initial(request, *args, **kwargs)
        refuse_unknown(request, self.parameters)
        if str(request.method).upper() not in self.allowed_methods:
            raise exceptions.MethodNotAllowed(str(request.method))
        self._enter_plan(kwargs["plan"])

    def _enter_plan(self, slug: str) -> None:
        """Find the plan of the token; of another nobody learns whether it exists."""
        plan = self.token.system.plan
        if slug != plan.slug:
            if slug in plan.former_slugs:
                follow_former(self.request, self.renamed, Plan.objects.filter(pk=plan.pk))
            raise PermissionDenied(f"This token is for the plan {plan.slug}.")
        self.plan = plan
        self.rights = rights_by(self.token, plan)
        if self.rights.role is None:
            raise PermissionDenied("This system is no longer a member of the plan.")
        if not self.rights.may(self.right):
            raise PermissionDenied(
                "The scope of this token, or the role of its system, does not allow it."
            )

    def missing(self) -> Exception:
        """Return what tells that nothing has the address, or where it is now."""
        follow_former(self.request, self.renamed, Plan.objects.filter(pk=self.plan.pk))
        return Http404()

    def body_as(self, kind: type[serializers.BaseSerializer[Any]]) -> dict[str, Any]:
        """Return the body as it is understood; raises Refused where it is not."""
        try:
            sent = self.request.data
        except RecursionError as error:
            raise exceptions.ParseError("The body is nested too deeply.") from error
        body = kind(data=sent)
        with translation.override(IN_ENGLISH):
            if not body.is_valid():
                raise refused_content(list(pointed(body.errors)))
        found: dict[str, Any] = body.validated_data
        return found

    def write(self, act: Callable[[], HttpResponse]) -> HttpResponseBase:
        """Write in one transaction, once for each idempotency key."""

        def settled() -> HttpResponse:
            try:
                with transaction.atomic():
                    return act()
            except (exceptions.APIException, PermissionDenied, Http404) as error:
                answer = handle(error, {"request": self.request, "view": self})
                assert answer is not None
                return answer
            except WorkflowError as error:
                # What two people did at once, and no check of ours saw.
                answer = handle(Refused(409, str(error)), {})
                assert answer is not None
                return answer

        if self.act.repeatable:
            return once(self.request, self.token.system, settled)
        with transaction.atomic():
            return settled()

    def seen(self) -> list[str]:
        """Return the versions that If-Match names; raises Refused (428) where it is left out."""
        asked = self.request.headers.get("If-Match")
        if asked is None:
            raise Refused(428, "Send If-Match with the ETag of the version you have seen.")
        return parse_etags(asked)

    def require_seen(self, etag: str) -> None:
        """Refuse (412) to change a version that the caller has not seen."""
        seen = self.seen()
        if "*" not in seen and etag not in seen:
            raise Refused(412, "It changed since: read it again.", headers={"ETag": etag})

    def answered(self, data: Any, *, status: int = 200, **headers: str) -> HttpResponse:
        """Return the answer, written: it may be kept and given again."""
        return HttpResponse(
            json_of(data),
            content_type="application/json",
            status=status,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Keep the answer to whoever asked, and say how many requests are left."""
        answer: Any = super().finalize_response(request, response, *args, **kwargs)
        if answer.status_code < 400:
            answer["Cache-Control"] = "private, no-cache"
        patch_vary_headers(answer, ["Accept", "Authorization"])
        for name, value in getattr(request._request, "rate_limit", {}).items():
            answer[name] = value
        return answer

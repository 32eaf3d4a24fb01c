"""Addresses of the staff pages, one include per noun."""

from django.urls import URLPattern, URLResolver, include, path

from agent import home, typed_text
from agent.editing import views as editing

app_name = "agent"

plan_urls: list[URLPattern | URLResolver] = [
    path("", home.plan, name="plan"),
    path("", include("agent.entry.urls")),
    path("", include("agent.review.urls")),
    path("", include("agent.spreadsheets.urls")),
    path("", include("agent.members.urls")),
    path("", include("agent.tokens.urls")),
    path("", include("agent.webhooks.urls")),
    path("", include("agent.editing.urls")),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("en-cours/", home.work, name="work"),
    path("texte/", typed_text.reopen, name="typed_text"),
    path("", include("agent.notifications.urls")),
    path("nouveau-plan/", editing.create_plan, name="plan_create"),
    path("plans/<slug:plan>/", include(plan_urls)),
]

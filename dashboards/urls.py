"""Addresses of the public site, grouped by noun."""

from django.contrib.sitemaps.views import sitemap
from django.urls import include, path, re_path

from dashboards import embed_views, views
from dashboards.feeds import Changes, PlanChanges
from dashboards.sitemaps import SITEMAPS

app_name = "dashboards"

plan_urls = [
    path("", views.plan, name="plan"),
    path("objectifs/<slug:code>/", views.objective, name="objective"),
    path("mesures/<slug:code>/", views.measure, name="measure"),
    path("indicateurs/<slug:code>/", views.indicator, name="indicator"),
    re_path(
        r"^indicateurs/(?P<code>[-\w]+)/graphique\.(?P<image_format>svg|png)$",
        views.indicator_chart,
        name="indicator_chart",
    ),
    path("sources/", views.sources, name="sources"),
    path("changements/", views.plan_changes, name="plan_changes"),
    path("flux.atom", PlanChanges(), name="plan_feed"),
]

embed_urls = [
    path("", embed_views.plan, name="plan_card"),
    path("badge.svg", embed_views.plan_badge, name="plan_badge"),
    path("indicateurs/<slug:code>/", embed_views.indicator, name="indicator_card"),
    path("indicateurs/<slug:code>/badge.svg", embed_views.indicator_badge, name="indicator_badge"),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("plans/<slug:plan>/", include(plan_urls)),
    path("integration/plans/<slug:plan>/", include(embed_urls)),
    path("changements/", views.changes, name="changes"),
    path("donnees/", views.open_data, name="open_data"),
    path("flux.atom", Changes(), name="feed"),
    path("methodologie/", views.methodology, name="methodology"),
    path("recherche/", views.search, name="search"),
    path("accessibilite/", views.accessibility, name="accessibility"),
    path("mentions-legales/", views.legal, name="legal"),
    path("donnees-personnelles/", views.privacy, name="privacy"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
    path("favicon.ico", views.favicon, name="favicon"),
]

"""Addresses of the public site, grouped by noun."""

from django.contrib.sitemaps.views import sitemap
from django.urls import include, path, re_path

from dashboards import views
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
]

urlpatterns = [
    path("", views.home, name="home"),
    path("plans/<slug:plan>/", include(plan_urls)),
    path("methodologie/", views.methodology, name="methodology"),
    path("recherche/", views.search, name="search"),
    path("accessibilite/", views.accessibility, name="accessibility"),
    path("mentions-legales/", views.legal, name="legal"),
    path("donnees-personnelles/", views.privacy, name="privacy"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
    path("favicon.ico", views.favicon, name="favicon"),
]

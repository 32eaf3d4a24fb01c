"""Addresses of the open data: packages, their tables, and the catalogues that list them."""

from django.urls import path, re_path

from exchange import views

app_name = "exchange"

urlpatterns = [
    path("donnees/plans/<slug:plan>.zip", views.package, name="package"),
    re_path(
        r"^donnees/plans/(?P<plan>[-\w]+)/(?P<variant>csv|csv-fr)/(?P<table>[a-z_]+)\.csv$",
        views.table,
        name="table",
    ),
    path("catalogue.jsonld", views.catalogue, {"form": "jsonld"}, name="catalogue_jsonld"),
    path("catalogue.ttl", views.catalogue, {"form": "ttl"}, name="catalogue_ttl"),
    path("catalogue.csv", views.catalogue_csv, name="catalogue_csv"),
]

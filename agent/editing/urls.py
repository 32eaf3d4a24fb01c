"""Addresses of the staff pages: editing a plan's structure, its history and its preview."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path, register_converter

from agent.editing import history, preview, structure, views

register_converter(views.PartConverter, "part")
register_converter(views.SharedConverter, "shared")

structure_urls = [
    path("", structure.structure, name="editing"),
    path("rangement/", structure.arrange, name="arrange"),
    path("plan/", views.edit_plan, name="editing_plan"),
    path("ajouter/<part:noun>/", views.add, name="editing_add"),
    path("ajouter/<shared:noun>/", views.add_shared, name="shared_add"),
    path("ajouter/jalons/<slug:measure>/", views.add_milestone, name="milestone_add"),
    path("ajouter/cibles/<slug:indicator>/", views.add_target, name="target_add"),
    path("<part:noun>/<slug:code>/", views.edit, name="editing_edit"),
    path("<part:noun>/<slug:code>/supprimer/", views.delete, name="editing_delete"),
    path("mesures/<slug:code>/abandonner/", views.abandon_measure, name="measure_abandon"),
    path("jalons/<slug:measure>/<slug:code>/", views.edit_milestone, name="milestone_edit"),
    path(
        "jalons/<slug:measure>/<slug:code>/supprimer/",
        views.delete_milestone,
        name="milestone_delete",
    ),
    path("cibles/<slug:indicator>/<slug:code>/", views.edit_target, name="target_edit"),
    path("cibles/<slug:indicator>/<slug:code>/reviser/", views.revise_target, name="target_revise"),
    path(
        "cibles/<slug:indicator>/<slug:code>/abandonner/",
        views.abandon_target,
        name="target_abandon",
    ),
    path(
        "cibles/<slug:indicator>/<slug:code>/supprimer/",
        views.delete_target,
        name="target_delete",
    ),
]

preview_urls = [
    path("", preview.plan, name="preview"),
    path("objectifs/<slug:code>/", preview.objective, name="preview_objective"),
    path("mesures/<slug:code>/", preview.measure, name="preview_measure"),
    path("indicateurs/<slug:code>/", preview.indicator, name="preview_indicator"),
    re_path(
        r"^indicateurs/(?P<code>[-\w]+)/graphique\.(?P<image_format>svg|png)$",
        preview.chart,
        name="preview_chart",
    ),
    path("sources/", preview.sources, name="preview_sources"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("structure/", include(structure_urls)),
    path("historique/", history.history, name="history"),
    path("apercu/", include(preview_urls)),
    path("publication/", preview.make_public, name="make_public"),
]

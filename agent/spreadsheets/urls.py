"""Addresses of the staff pages: workbooks out, files in."""

from __future__ import annotations

from django.urls import URLPattern, path

from agent.spreadsheets import downloads, imports

urlpatterns: list[URLPattern] = [
    path("tableur/", imports.spreadsheets, name="spreadsheets"),
    path("tableur/telecharger/", downloads.download, name="spreadsheet_download"),
    path("tableur/imports/<int:job>/", imports.import_job, name="import_job"),
    path("tableur/imports/<int:job>/avancement/", imports.progress, name="import_progress"),
    path("tableur/imports/<int:job>/copie/", imports.annotated_copy, name="import_copy"),
    path("tableur/imports/<int:job>/enregistrer/", imports.confirm, name="import_confirm"),
    path("tableur/imports/<int:job>/controler/", imports.check_again, name="import_check_again"),
    path("tableur/imports/<int:job>/abandonner/", imports.cancel, name="import_cancel"),
]

"""Plan files: a whole plan as one YAML file, read into the database and written from it.

`loading.load_files` and `exporting.export_plan` are the two entrances. The format is documented
in docs/plan-files.md and defined in `schema`.
"""

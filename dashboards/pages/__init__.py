"""What each public page shows: one builder a page, its facts in frozen dataclasses.

A builder takes what the address names, and the day; it knows neither the request nor the template.
Which page stands at which address: `dashboards.views`.
"""

"""What each public page shows: one builder a page, its facts in frozen dataclasses.

A builder takes the plan and the day, asks a number of queries that does not grow with the plan, and
knows neither the request nor the template. Which page stands at which address: `dashboards.views`.
"""

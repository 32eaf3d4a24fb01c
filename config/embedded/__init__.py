"""PostgreSQL and Redis from PyPI packages, for whoever has not given addresses of their own."""

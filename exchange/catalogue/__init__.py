"""Catalogues: the packages as data portals list them."""

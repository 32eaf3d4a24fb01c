"""The engine of a replica."""

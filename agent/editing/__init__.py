"""Staff pages: editing a plan's structure, its history and its preview."""

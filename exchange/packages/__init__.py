"""Data packages: everything public of a plan, in one archive that a machine can check."""

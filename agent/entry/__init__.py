"""Staff pages: entering values and milestone states."""

"""Staff pages: partner systems and their tokens."""

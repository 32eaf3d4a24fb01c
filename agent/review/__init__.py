"""Staff pages: reviewing and publishing contributions."""

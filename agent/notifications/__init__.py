"""Staff pages: notifications and preferences."""

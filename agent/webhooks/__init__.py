"""Staff pages: the partner systems that are told of what is published."""

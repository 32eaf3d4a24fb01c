"""Staff pages: workbooks."""

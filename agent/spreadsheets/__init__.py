"""The page Tableur of a plan: workbooks to fill in, files sent, what their check found."""

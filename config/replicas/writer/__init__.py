"""The engine of a database that has several servers, of which one takes writes."""

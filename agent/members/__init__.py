"""Staff pages: members and invitations."""

"""Change notification: partner systems are told what was published (docs/webhooks.md)."""

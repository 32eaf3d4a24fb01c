"""Reads of the public go to a streaming replica; whatever goes wrong there, the writer answers.

`writer` and `reader` are Django's engines of the two, `router` says which of them a request reads,
`circuit` leaves a replica alone that failed and takes it back, `lag` says how far it is behind.
Which answers may be made there is decided where answers are kept: `config.public_answers.sources`.
How it works and what it promises: docs/deployment.md and docs/decisions/0018.
"""

REPLICA = "replica"
"""What Django calls the replica (an alias of DATABASES)."""

"""Public answers, kept by edition of the data and by day, never by time-out.

`editions` asks which edition stands, `kept` holds what was answered under it, `answering` decides
what may be kept and gives it out, `front` does so before Django, `middleware` inside it.
How it works and what it promises: docs/speed.md.
"""

"""Signing in through an OpenID Connect provider, as French public services expect it.

allauth's provider, plus what ProConnect asks for: a nonce, and userinfo as a signed token.
"""

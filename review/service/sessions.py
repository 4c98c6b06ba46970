"""Who is behind a session cookie or an API key."""

from __future__ import annotations

from review.casework import Office


def account(office: Office, token: str, authorization: str) -> str:
    """Return the account name of a live session (or API key), or "" for nobody."""
    return ""

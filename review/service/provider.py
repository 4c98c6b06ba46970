"""Which identity provider the unit uses, if any: table ``[oidc]`` of ``settings.toml``."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from review.errors import InputError


@dataclass(frozen=True, slots=True)
class Provider:
    """The unit's identity provider. ``claim`` names the account: preferred_username, sub, email …"""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str = "preferred_username"


def provider(home: Path) -> Provider | None:
    """Return the provider of ``home/settings.toml``, None where none is set; the secret is ``$REVIEW_OIDC_SECRET``."""
    path = home / "settings.toml"
    table = tomllib.loads(path.read_text("utf-8")).get("oidc") if path.exists() else None
    if table is None:
        return None
    if set(table) - {"issuer", "client_id", "claim"} or not {"issuer", "client_id"} <= set(table):
        raise InputError("设置文件的 [oidc] 须有 issuer、client_id，可有 claim，不能有别的项。")
    issuer = str(table["issuer"]).rstrip("/")
    if not trusted(issuer):
        raise InputError("[oidc] 的 issuer 须是 https 地址（本机可用 http）。")
    secret = os.environ.get("REVIEW_OIDC_SECRET", "")
    return Provider(issuer, str(table["client_id"]), secret, str(table.get("claim", "preferred_username")))


def trusted(address: str) -> bool:
    """True for an https address, or http on this very machine."""
    parts = urlsplit(address)
    if parts.scheme == "https":
        return bool(parts.hostname)
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False

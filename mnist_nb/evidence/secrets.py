"""Passwords, tokens and keys, as they stand in the addresses of databases and schedulers: kept out of what is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlsplit

HIDDEN = "***"
SHORTEST = 4  # characters; anything shorter is hidden where it stands, and not wherever it occurs
_ENDS = r"\s'\"<>`"  # what an address ends at
_LOGIN = re.compile(rf"(\b[a-z][a-z0-9+.-]*://)[^{_ENDS}]*@", re.IGNORECASE)
_QUERY = re.compile(rf"(\b[a-z][a-z0-9+.-]*://[^{_ENDS}?#]*[?#])[^{_ENDS}]+", re.IGNORECASE)
_NAMED = re.compile(
    rf"(\b[\w-]*(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key)[\"']?\s*[=:]\s*[\"']?)[^{_ENDS},;)&]+",
    re.IGNORECASE,
)


def without_secrets(text: str, known: Iterable[str] = ()) -> str:
    """Return text in which the login and the query of every address, values named as secrets, and the `known` ones
    are hidden."""
    for secret in sorted(set(known), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _LOGIN.sub(rf"\1{HIDDEN}@", text)
    return _NAMED.sub(rf"\1{HIDDEN}", _QUERY.sub(rf"\1{HIDDEN}", text))


def secrets_in(values: Iterable[object]) -> set[str]:
    """Return the secrets in values such as a notebook's parameters, as they stand there and decoded."""
    found = set()
    for value in values:
        if not isinstance(value, str) or "://" not in value:
            continue
        address = value.partition("://")[2]
        login = address.rpartition("@")[0]
        try:
            parts = urlsplit(value)
            queries = [each for query in (parts.query, parts.fragment) for _, each in parse_qsl(query)]
            queries += [each for query in (parts.query, parts.fragment) for each in re.split("[&=;]", query)[1::2]]
        except ValueError:  # Something like a bracket where none may be.
            queries = [address.partition("?")[2]]
        for secret in (login.partition(":")[2] or login, *queries):
            found |= {secret, unquote(secret)}
    return {secret for secret in found if len(secret) >= SHORTEST}

"""Whether a request is signed with its account's key: the schemes SharedKey and SharedKeyLite."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain
from urllib.parse import quote, unquote

from funchost.storage.server.call import Call
from funchost.storage.server.dates import read_http_date
from funchost.storage.server.refusal import Refusal, refusal
from funchost.storage.server.target import SECONDARY, read_query
from funchost.storage.shared_key import (
    shared_key_lite_text,
    shared_key_text,
    signature,
    table_lite_text,
    table_text,
)

SKEW = 15 * 60.0
"""Seconds by which a request's date may be off, a rule of the services."""

_LONGEST_DATE = 64

SCHEMES = ("SharedKey", "SharedKeyLite")


def check_shared_key(call: Call, scheme: str, parameter: str, key: bytes, now: float) -> None:
    """Refuse a request whose signature or date is wrong.

    Args:
        scheme: one of SCHEMES.
        parameter: what stands behind it: ``account:signature``.
        key: the account's.
        now: seconds since 1970.

    Raises:
        StorageError: AuthenticationFailed, InvalidAuthenticationInfo.
    """
    account, colon, given = parameter.strip().partition(":")
    if not colon or not given:
        raise refusal("InvalidAuthenticationInfo")
    if account != call.target.account:
        raise authentication_failed("The account in the Authorization header is not the one in the URL.")
    _check_date(call.headers, now)
    texts = _texts(call, scheme == "SharedKeyLite")
    first = next(texts)
    if _same(key, first, given) or any(_same(key, text, given) for text in texts):
        return
    raise authentication_failed(
        f"The MAC signature found in the HTTP request '{given}' is not the same as any computed signature."
        f" Server used following string to sign: '{first}'."
    )


def authentication_failed(detail: str) -> Refusal:
    """Return the 403 of a request that is not authenticated, with what was found."""
    return refusal("AuthenticationFailed", AuthenticationErrorDetail=detail)


def _same(key: bytes, text: str, given: str) -> bool:
    return hmac.compare_digest(signature(key, text).encode(), given.encode())


def _texts(call: Call, lite: bool) -> Iterator[str]:
    """Yield the strings that the client may have signed, the likeliest first.

    Clients differ in the order of headers, in what a plus sign in a query is, and in which characters of a path they
    sign as percent signs.
    """
    query, headers, path = call.query, call.headers, call.raw_path or "/"
    account = call.target.account
    queries = [query] if b"+" not in call.raw_query else [read_query(call.raw_query, "+"), query]
    for tried in chain((path,), _other_paths(path, account)):
        for parameters in queries:
            if call.service == "table":
                yield (
                    table_lite_text(account, tried, parameters, headers)
                    if lite
                    else table_text(call.method, account, tried, parameters, headers)
                )
                continue
            text = shared_key_lite_text if lite else shared_key_text
            yield text(call.method, account, tried, parameters, headers)
            yield text(call.method, account, tried, parameters, headers, ordinal=True)


def _other_paths(path: str, account: str) -> Iterator[str]:
    copy = f"/{account}{SECONDARY}"
    if path.startswith(f"{copy}/{account}/"):
        yield path.removeprefix(copy)  # what the Python table client signs, see read_target
    plain = unquote(path)
    if plain != path or "%" in quote(path, safe="/%"):
        # What the aiohttp and .NET clients leave as it is, then what encodeURIComponent and Python's quote do.
        yield quote(plain, safe="/~-._!$&'()*+,;=:@")
        yield quote(plain, safe="/~-._!'()*")
        yield quote(plain, safe="/~-._")


def _check_date(headers: Mapping[str, str], now: float) -> None:
    text = headers.get("x-ms-date") or headers.get("date")
    if not text:
        raise authentication_failed("The request has neither an x-ms-date nor a Date header.")
    moment = _seconds(text) if len(text) <= _LONGEST_DATE else None
    if moment is None:
        raise authentication_failed(f"The Date header in the request is incorrect: '{text}'.")
    if abs(now - moment) > SKEW:
        raise authentication_failed(f"Request date header too old: '{text}'.")


@lru_cache(maxsize=256)
def _seconds(text: str) -> float | None:
    try:
        return read_http_date(text).timestamp()
    except (ValueError, OverflowError):
        return None

"""Cookies: the `Set-Cookie` headers of a response, read the way the library does and written in one fixed form.

Form (pinned by tests of the existing tools): ``foo3=42; expires=Thu, 12 Jan 2017 13:55:08 GMT; max-age=10000000;
domain=example.com; path=/; secure; httponly``. Attributes that the function did not give are left out.
"""

import email.utils
import http.cookies
import logging
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Tuple

_SAMESITE = re.compile(r";\s*samesite\s*=\s*([^;\s]*)", re.IGNORECASE)
_DASHED_DATE = re.compile(r"(\d{1,2})-(\w{3})-(\d{2,4})")


def _without_samesite(text: str) -> "Tuple[str, str]":
    """SimpleCookie refuses the whole cookie for an attribute that it does not know (samesite before 3.8)."""
    found = _SAMESITE.search(text)
    return (text, "") if found is None else (_SAMESITE.sub("", text), found.group(1).lower())


def _expires(text: str) -> str:
    parsed = email.utils.parsedate_tz(_DASHED_DATE.sub(r"\1 \2 \3", text))
    if parsed is None:
        logging.error("Can not parse value %s of expires in the cookie due to invalid format.", text)
        raise ValueError("the cookie's expires value {!r} is no date".format(text))
    return email.utils.formatdate(email.utils.mktime_tz(parsed), usegmt=True)


def _render(name: str, morsel: "http.cookies.Morsel[Any]", samesite: str) -> str:
    parts = ["{}={}".format(name, morsel.coded_value)]
    if morsel["expires"]:
        parts.append("expires=" + _expires(morsel["expires"]))
    for attribute in ("max-age", "domain", "path"):
        if morsel[attribute]:
            parts.append("{}={}".format(attribute, morsel[attribute]))
    if morsel["secure"]:
        parts.append("secure")
    if samesite in ("lax", "strict", "none"):
        parts.append("samesite=" + samesite)
    if morsel["httponly"]:
        parts.append("httponly")
    return "; ".join(parts)


def rendered_cookies(text: str) -> "List[str]":
    """Return the `Set-Cookie` values for one header that a function set; empty if there is no cookie in it.

    Raises:
        ValueError: `expires` is no date, or `max-age` no number.
    """
    rest, samesite = _without_samesite(text)
    jar: "http.cookies.SimpleCookie" = http.cookies.SimpleCookie()
    try:
        jar.load(rest)
    except http.cookies.CookieError:
        return []
    return [_render(name, morsel, samesite) for name, morsel in jar.items()]

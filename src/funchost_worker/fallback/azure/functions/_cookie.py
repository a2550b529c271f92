"""Reads a Set-Cookie text into the standard library's cookie objects."""

from http.cookies import Morsel, SimpleCookie


class _Morsel(Morsel):
    _reserved = dict(Morsel._reserved, samesite="SameSite")  # Python 3.6 and 3.7 do not know it


def read_cookie(text):
    """Return a SimpleCookie with the one cookie of `text`, e.g. ``id=1; Path=/; HttpOnly``.

    SimpleCookie's own parser drops the whole cookie when an attribute is unknown to this Python; this one keeps it.

    Raises:
        ValueError: no ``name=value`` at the start.
    """
    first, _, rest = text.partition(";")
    name, equals, value = first.partition("=")
    name = name.strip()
    if not equals or not name:
        raise ValueError("a Set-Cookie header begins with name=value, got %r" % (text,))
    cookie = SimpleCookie()
    morsel = _Morsel()
    plain, coded = cookie.value_decode(value.strip())
    morsel.set(name, plain, coded)
    for attribute in rest.split(";"):
        key, _, content = attribute.partition("=")
        key = key.strip().lower()
        if key in ("secure", "httponly"):
            morsel[key] = True
        elif key in _Morsel._reserved:
            morsel[key] = content.strip().strip('"')
    dict.__setitem__(cookie, name, morsel)
    return cookie

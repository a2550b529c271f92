"""RequestHeaders and ResponseHeaders: header names are the same in any case."""

from collections.abc import Mapping, MutableMapping


class RequestHeaders(Mapping):
    """Headers as they arrived; read-only."""

    def __init__(self, source):
        self._values = {name.lower(): value for name, value in (source or {}).items()}

    def __getitem__(self, name):
        return self._values[name.lower()]

    def __contains__(self, name):
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self):
        return iter(self._values)

    def __len__(self):
        return len(self._values)

    def __repr__(self):
        return "RequestHeaders(%r)" % (self._values,)


class ResponseHeaders(MutableMapping):
    """Headers to send. `[name] = value` replaces, `add` appends: a response may have several cookies.

    `items` and `values` give repeated headers as often as they are there, as the library's headers do.
    """

    def __init__(self, source=None):
        self._lines = []
        pairs = source.items() if hasattr(source, "items") else source
        for name, value in pairs or ():
            for single in value if isinstance(value, (list, tuple)) else (value,):
                self.add(name, single)

    def add(self, name, value):
        """Append a header; those of the same name stay."""
        self._lines.append((name, value))

    def get_all(self, name):
        """Return the values of `name` in order, an empty list if there is none."""
        return [value for own, value in self._lines if own.lower() == name.lower()]

    getlist = get_all

    def items(self):
        return list(self._lines)

    def values(self):
        return [value for _, value in self._lines]

    def __getitem__(self, name):
        values = self.get_all(name)
        if not values:
            raise KeyError(name)
        return values[0]

    def __setitem__(self, name, value):
        self._lines = self._without(name) + [(name, value)]

    def __delitem__(self, name):
        if name not in self:
            raise KeyError(name)
        self._lines = self._without(name)

    def __contains__(self, name):
        return isinstance(name, str) and bool(self.get_all(name))

    def __iter__(self):
        names = {}
        for name, _ in self._lines:
            names.setdefault(name.lower(), name)
        return iter(names.values())

    def __len__(self):
        return len({name.lower() for name, _ in self._lines})

    def __repr__(self):
        return "ResponseHeaders(%r)" % (self._lines,)

    def _without(self, name):
        return [line for line in self._lines if line[0].lower() != name.lower()]

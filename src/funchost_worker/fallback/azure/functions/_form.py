"""Reads form bodies: url-encoded fields and multipart uploads."""

import io
import shutil
from email.message import Message
from email.parser import HeaderParser
from urllib.parse import parse_qsl

MAX_PARTS = 1000
MAX_PART_HEADERS = 16 * 1024


class MultiDict(dict):
    """A dict whose keys may have several values; `[key]` and `get` give the first."""

    def __init__(self, pairs=()):
        self._lists = {}
        for key, value in pairs:
            self._lists.setdefault(key, []).append(value)
        super().__init__((key, values[0]) for key, values in self._lists.items())

    def getlist(self, key):
        """Return every value of `key` in order."""
        return list(self._lists.get(key, ()))

    def lists(self):
        """Yield (key, all its values)."""
        for key, values in self._lists.items():
            yield key, list(values)


class UploadedFile:
    """A file of a multipart body.

    Args:
        stream: its content.
        filename: as the client named it; do not use it as a path.
        name: of the form field.
        content_type: e.g. ``text/plain; charset=utf-8``, empty if the client sent none.
        headers: of the part, by name in any case.
    """

    def __init__(self, stream, filename, name, content_type, headers):
        self.stream = stream
        self.filename = filename
        self.name = name
        self.content_type = content_type
        self.headers = headers

    @property
    def mimetype(self):
        """The content type without parameters, in lower case."""
        return self.content_type.partition(";")[0].strip().lower()

    def read(self, size=-1):
        return self.stream.read(size)

    def save(self, target):
        """Write the content to a path or an open binary file."""
        if hasattr(target, "write"):
            shutil.copyfileobj(self.stream, target)
            return
        with open(target, "wb") as file:
            shutil.copyfileobj(self.stream, file)

    def close(self):
        self.stream.close()

    def __iter__(self):
        return iter(self.stream)

    def __repr__(self):
        return "<UploadedFile %r (%r)>" % (self.filename, self.content_type)


def parse_form(content_type, body):
    """Return (fields, files) of a form body; both are empty if it is no form.

    Raises:
        ValueError: multipart without boundary, more than MAX_PARTS parts, or a part with headers over MAX_PART_HEADERS.
    """
    header = Message()
    header["content-type"] = content_type
    kind = header.get_content_type()
    if kind == "application/x-www-form-urlencoded":
        if body.count(b"&") >= MAX_PARTS:
            raise ValueError("a form with more than %d fields is refused" % MAX_PARTS)
        return MultiDict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)), MultiDict()
    if kind == "multipart/form-data":
        boundary = header.get_boundary()
        if not boundary:
            raise ValueError("a multipart body needs a boundary in its content type, got %r" % content_type)
        return _parse_multipart(boundary.encode("latin-1", "replace"), body)
    return MultiDict(), MultiDict()


def _parse_multipart(boundary, body):
    fields, files = [], []
    for headers, content in _parts(boundary, body):
        name = headers.get_param("name", header="content-disposition")
        if name is None:
            continue
        name = _text(name)
        filename = headers.get_param("filename", header="content-disposition")
        if filename is None:
            charset = headers.get_content_charset("utf-8")
            fields.append((name, _decoded(content, charset)))
        else:
            content_type = headers.get("content-type", "")
            files.append((name, UploadedFile(io.BytesIO(content), _text(filename), name, content_type, headers)))
    return MultiDict(fields), MultiDict(files)


def _parts(boundary, body):
    delimiter = b"--" + boundary
    start = 0 if body.startswith(delimiter) else body.find(b"\r\n" + delimiter) + 2
    if start == 1:  # not found
        return
    separator = b"\r\n" + delimiter
    for count in range(MAX_PARTS + 1):
        start += len(delimiter)
        if body[start:start + 2] == b"--":
            return
        if count == MAX_PARTS:
            raise ValueError("a form with more than %d parts is refused" % MAX_PARTS)
        start = body.find(b"\r\n", start)  # white space may follow a boundary
        end = body.find(separator, start) if start >= 0 else -1
        if end < 0:
            raise ValueError("a multipart body ends without its closing boundary")
        yield _split_part(body, start, end)
        start = end + 2


def _split_part(body, start, end):
    blank = body.find(b"\r\n\r\n", start, min(end + 4, start + MAX_PART_HEADERS))
    if blank < 0:
        raise ValueError("a part of a multipart body has no header or more than %d bytes of them" % MAX_PART_HEADERS)
    headers = HeaderParser().parsestr(body[start + 2:blank + 2].decode("utf-8", "replace"))
    return headers, body[min(blank + 4, end):end]


def _decoded(content, charset):
    try:
        return content.decode(charset, "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _text(param):
    # The email package gives (charset, language, text) for RFC 2231 values.
    if isinstance(param, tuple):
        return _decoded(param[2].encode("latin-1", "replace"), param[0] or "utf-8")
    return param

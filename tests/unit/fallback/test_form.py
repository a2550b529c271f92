import io
from typing import Any

import pytest

from tests.unit.fallback.loading import load_fallback

func = load_fallback()

UPLOAD = (
    b"a preamble\r\n"
    b'--B\r\nContent-Disposition: form-data; name="title"\r\n\r\nd\xc3\xa9j\xc3\xa0\r\n'
    b'--B\r\nContent-Disposition: form-data; name="title"\r\nContent-Type: text/plain; charset=latin-1\r\n\r\n\xe9\r\n'
    b'--B\r\nContent-Disposition: form-data; name="empty"\r\n\r\n\r\n'
    b'--B\r\nContent-Disposition: form-data; name="doc"; filename="\xc3\xa9t\xc3\xa9.bin"\r\n'
    b"Content-Type: Application/Octet-Stream; x=y\r\n\r\n\x00\r\n\r\n\r--A\n\xff\r\n"
    b"--B  \r\nContent-Disposition: form-data; name=star; filename*=utf-8''na%C3%AFve.txt\r\n\r\nx\r\n"
    b"--B--\r\nepilogue"
)


def request(content_type: str, body: bytes) -> Any:
    return func.HttpRequest("POST", "/x", headers={"Content-Type": content_type}, body=body)


def test_url_encoded_fields() -> None:
    req = request("application/x-www-form-urlencoded; charset=utf-8", b"a=1&b=%C3%A9+x&a=2&empty=")
    assert req.form["a"] == "1"
    assert req.form.getlist("a") == ["1", "2"]
    assert req.form.get("b") == "é x"
    assert req.form["empty"] == ""
    assert dict(req.form.lists())["a"] == ["1", "2"]
    assert not req.files


def test_multipart_fields_and_files() -> None:
    req = request("multipart/form-data; boundary=B", UPLOAD)
    assert req.form.getlist("title") == ["déjà", "é"]
    assert req.form["empty"] == ""
    file = req.files["doc"]
    assert (file.filename, file.name) == ("été.bin", "doc")
    assert (file.content_type, file.mimetype) == ("Application/Octet-Stream; x=y", "application/octet-stream")
    assert file.read() == b"\x00\r\n\r\n\r--A\n\xff"
    assert req.files["star"].filename == "naïve.txt"


def test_a_file_can_be_saved_and_read_by_lines() -> None:
    body = b'--B\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\none\ntwo\r\n--B--'
    target = io.BytesIO()
    request("multipart/form-data; boundary=B", body).files["f"].save(target)
    assert target.getvalue() == b"one\ntwo"
    assert list(request("multipart/form-data; boundary=B", body).files["f"]) == [b"one\n", b"two"]


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/json"])
def test_other_bodies_have_no_fields(content_type: str) -> None:
    req = request(content_type, b"a=1")
    assert not req.form
    assert not req.files


def test_an_empty_multipart_body_has_no_fields() -> None:
    assert not request("multipart/form-data; boundary=B", b"").form
    assert not request("multipart/form-data; boundary=B", b"--B--\r\n").form


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        ("multipart/form-data", b"--B--", "needs a boundary"),
        ("multipart/form-data; boundary=B", b"--B\r\nContent-Disp", "without its closing boundary"),
        ("multipart/form-data; boundary=B", b"--B\r\nno header\r\n--B--", "has no header"),
        (
            "multipart/form-data; boundary=B",
            b"--B\r\nX: " + b"y" * 20000 + b"\r\n\r\n\r\n--B--",
            "more than 16384 bytes",
        ),
        ("multipart/form-data; boundary=B", b"--B\r\nX: 1\r\n\r\n\r\n" * 1001 + b"--B--", "more than 1000 parts"),
        ("application/x-www-form-urlencoded", b"a=1&" * 1000, "more than 1000 fields"),
    ],
)
def test_a_broken_or_endless_form_is_a_value_error(content_type: str, body: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _ = request(content_type, body).form

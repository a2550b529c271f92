"""Bodies of batches."""

from __future__ import annotations

import pytest

from funchost.errors import StorageError
from funchost.storage.server.blob.batches import MAX_PARTS, Part, read_parts

TYPE = "multipart/mixed; boundary=batch_1"


def _body(*requests: str, line: str = "\r\n") -> bytes:
    parts = [
        f"--batch_1\nContent-Type: application/http\nContent-ID: {number}\n\n{request}\n\n"
        for number, request in enumerate(requests)
    ]
    return ("".join(parts) + "--batch_1--\n").replace("\n", line).encode()


@pytest.mark.parametrize("line", ["\r\n", "\n"])
def test_parts_are_requests(line: str) -> None:
    data = _body("DELETE /c/a%20b?x=1 HTTP/1.1\nx-ms-lease-id: 7\nContent-Length: 0", "put /c/d HTTP/1.1", line=line)
    assert read_parts(TYPE, data) == [
        Part("0", "DELETE", "/c/a%20b?x=1", {"x-ms-lease-id": "7", "content-length": "0"}),
        Part("1", "PUT", "/c/d", {}),
    ]


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        ("application/json", _body("DELETE /a/b HTTP/1.1")),
        ("multipart/mixed", _body("DELETE /a/b HTTP/1.1")),
        (TYPE, b""),
        (TYPE, b"--batch_1--"),
        (TYPE, _body("nonsense")),
        (TYPE, _body("DELETE http://elsewhere/ HTTP/1.1")),
        (TYPE, _body(*["DELETE /a/b HTTP/1.1"] * (MAX_PARTS + 1))),
    ],
)
def test_what_is_no_batch_is_refused(content_type: str, data: bytes) -> None:
    with pytest.raises(StorageError) as caught:
        read_parts(content_type, data)
    assert (caught.value.status, caught.value.code) == (400, "InvalidInput")

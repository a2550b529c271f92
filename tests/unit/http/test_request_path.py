from __future__ import annotations

import pytest

from funchost.http.request_path import request_path, segments, shown_path


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"", "/"),
        (b"/", "/"),
        (b"/a//b", "/a//b"),
        (b"/a/./b/.", "/a/b/"),
        (b"/a/../../../b", "/b"),
        (b"/api/%2E%2e/admin/host", "/admin/host"),
        (b"/a/.hidden/..x", "/a/.hidden/..x"),
        (b"/a%2f..%2fb", "/a%2f..%2fb"),
    ],
)
def test_dot_segments_are_resolved_before_anything_is_decided(raw: bytes, path: str) -> None:
    assert request_path(raw) == path


def test_segments_are_decoded_one_by_one() -> None:
    assert segments("/a%2Fb/%C3%A9/") == (["a/b", "é"], True)
    assert segments("/") == ([], True)


def test_the_shown_path_keeps_what_would_change_the_url() -> None:
    assert shown_path("/a%20b/%C3%A9/%23%25%2F%3F") == "/a b/é/%23%25%2F%3F"

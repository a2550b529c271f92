from __future__ import annotations

import re

import pytest

from funchost.app.binding_expression import parse_template
from funchost.bindings.blob_path import check_template, parse_blob_path


@pytest.mark.parametrize(
    ("text", "service", "path"),
    [
        ("samples/a.txt", "", ("samples", "a.txt")),
        ("samples/folder/ä b.txt", "", ("samples", "folder/ä b.txt")),
        ("$web/index.html", "", ("$web", "index.html")),
        ("https://a.blob.core.windows.net/samples/x%20y", "https://a.blob.core.windows.net", ("samples", "x y")),
        ("http://127.0.0.1:10000/acc/samples/x", "http://127.0.0.1:10000/acc", ("samples", "x")),
    ],
)
def test_paths_and_urls(text: str, service: str, path: tuple[str, str]) -> None:
    assert parse_blob_path(text, service) == path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "samples",
            "Invalid blob path specified : 'samples'. Blob identifiers must be in the format 'container/blob'.",
        ),
        ("samples/", "Invalid blob path specified"),
        ("/a", "Invalid blob path specified"),
        ("Samples/a", "Invalid container name: Samples"),
        ("ab/a", "Invalid container name: ab"),
        ("sam--ples/a", "Invalid container name"),
        ("samples/a\\b", "contain illegal characters"),
        ("samples/a.", "has an invalid suffix"),
        ("samples/" + "x" * 1025, "is too long"),
    ],
)
def test_places_where_no_blob_can_be(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_blob_path(text)


def test_what_is_known_of_a_template_is_checked() -> None:
    for text in ("samples/{id}", "{container}/{id}", "sam{x}/y", "{blobTrigger}", "https://x.y/{a}/{b}"):
        check_template(parse_template(text))
    for text in ("samples", "UPPER/{id}", "a/{id}"):
        with pytest.raises(ValueError, match="Invalid"):
            check_template(parse_template(text))

"""Which blobs a path is for."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from funchost.triggers.blob.path_pattern import parse_path_pattern


@pytest.mark.parametrize(
    ("path", "blob", "captured"),
    [
        ("samples/{name}", "a/b.txt", {"name": "a/b.txt"}),
        ("samples/{name}.{ext}", "a.b.c", {"name": "a.b", "ext": "c"}),
        ("samples/{folder}/{name}", "a/b/c", {"folder": "a/b", "name": "c"}),
        ("samples/in-{name}.csv", "in-1.csv", {"name": "1"}),
        ("samples/in-{name}.csv", "in-1.csv.old", None),
        ("samples/in-{name}.csv", "IN-1.csv", None),
        ("samples/fixed.txt", "fixed.txt", {}),
        ("samples/fixed.txt", "fixedxtxt", None),
        ("samples", "any/thing", {}),
        ("samples/{{{name}}}", "{x}", {"name": "x"}),
        ("samples/a{name}b", "ab", {"name": ""}),
        ("samples/{name}", "two\nlines", {"name": "two\nlines"}),
    ],
)
def test_parts_in_braces_take_as_much_as_they_can(path: str, blob: str, captured: Mapping[str, str] | None) -> None:
    pattern = parse_path_pattern(path)
    assert pattern.container == "samples"
    assert pattern.match(blob) == captured


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "Invalid blob trigger path ''. Paths must be in the format 'container/blob'."),
        ("/x", "Invalid blob trigger path '/x'. Paths must be in the format 'container/blob'."),
        ("samples/", "Invalid blob trigger path 'samples/'. Paths must be in the format 'container/blob'."),
        ("{c}/x", "Invalid blob trigger path '{c}/x'. Container paths cannot contain {resolve} tokens."),
        ("Samples/x", "Invalid container name: Samples"),
        ("samples/{name", "Invalid template 'samples/{name'. Missing closing bracket at position 13."),
        ("samples/name}", "Invalid template 'samples/name}'. Missing opening bracket at position 12."),
        ("samples/{a.b}", "'{a.b}' is no name"),
        ("samples/{a}{A}", "stands in it twice"),
        ("samples/a\\b", "no backslash"),
    ],
)
def test_what_is_no_path_is_refused_in_the_existing_hosts_words(path: str, reason: str) -> None:
    with pytest.raises(ValueError, match="(?s).*") as caught:
        parse_path_pattern(path)
    assert reason in str(caught.value)

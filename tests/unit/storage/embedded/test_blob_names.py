"""Names of containers, blobs and metadata."""

from __future__ import annotations

import pytest

from funchost.errors import StorageError
from funchost.storage.embedded.blob_names import check_blob, check_container, check_metadata


@pytest.mark.parametrize("name", ["abc", "a" * 63, "a-1-b", "000", "$root", "$web", "azure-webjobs-hosts"])
def test_container_names(name: str) -> None:
    check_container(name)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ab", "OutOfRangeInput"),
        ("a" * 64, "OutOfRangeInput"),
        ("Abc", "InvalidResourceName"),
        ("-abc", "InvalidResourceName"),
        ("abc-", "InvalidResourceName"),
        ("a--b", "InvalidResourceName"),
        ("a_b", "InvalidResourceName"),
        ("äbc", "InvalidResourceName"),
        ("$other", "InvalidResourceName"),
    ],
)
def test_names_that_no_container_can_have(name: str, code: str) -> None:
    with pytest.raises(StorageError) as caught:
        check_container(name)
    assert (caught.value.code, caught.value.status) == (code, 400)
    assert repr(name) in caught.value.message


@pytest.mark.parametrize("name", ["a", "x" * 1024, "a/b//", " ", "ä😀", "\n", "\\"])
def test_blob_names(name: str) -> None:
    check_blob(name)


@pytest.mark.parametrize("name", ["", "x" * 1025, "a\0b", "\ud800"])
def test_names_that_no_blob_can_have(name: str) -> None:
    with pytest.raises(StorageError):
        check_blob(name)


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"": "x"}, "EmptyMetadataKey"),
        ({"1a": "x"}, "InvalidMetadata"),
        ({"a-b": "x"}, "InvalidMetadata"),
        ({"a": "x\ny"}, "InvalidMetadata"),
        ({"a": "x" * 8192}, "MetadataTooLarge"),
    ],
)
def test_metadata_that_no_blob_can_have(metadata: dict[str, str], code: str) -> None:
    check_metadata({"a": "1", "_B2": "two words"})
    with pytest.raises(StorageError) as caught:
        check_metadata(metadata)
    assert caught.value.code == code

"""Block blobs through the official client: content, ranges, headers, metadata, tags, tiers, conditions."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobSasPermissions, ContainerClient, ContentSettings, StandardBlobTier, generate_blob_sas

from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from tests.integration.storage.server.blob.refusals import code, refused

ODD_NAMES = [
    "plain.txt",
    "a/b/c.txt",
    "percent%20 and %",
    "question?mark",
    "hash#tag",
    "two  spaces ",
    "double//slash",
    "trailing/",
    "back\\slash",
    "plus+and&=",
    "Ünïcødé/日本語.txt",
    "emoji-😀",
    "quote'\"<>",
    "tilde~!@$^*()[]{}|;:,`",
    "dot./..x/.hidden",
    "line\nbreak and \x01",
    "x" * 1024,
]


def _signed(container: ContainerClient, name: str, permissions: str) -> str:
    sas = generate_blob_sas(
        DEVELOPMENT_ACCOUNT,
        container.container_name,
        name,
        account_key=DEVELOPMENT_KEY,
        permission=BlobSasPermissions.from_string(permissions),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    return f"{container.get_blob_client(name).url}?{sas}"


@pytest.mark.parametrize("size", [0, 1, 1024, 128 * 1024, 128 * 1024 + 1, 3 * 1024 * 1024])
def test_content_comes_back_as_it_was_put(container: ContainerClient, size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    blob = container.upload_blob("a", data)
    assert blob.download_blob().readall() == data
    properties = blob.get_blob_properties()
    assert (properties.size, properties.blob_type) == (size, "BlockBlob")
    assert bytes(properties.content_settings.content_md5 or b"") == hashlib.md5(data, usedforsecurity=False).digest()
    assert properties.etag.startswith('"0x8D')
    assert properties.creation_time is not None
    assert properties.server_encrypted
    assert (properties.blob_tier, properties.blob_tier_inferred) == ("Hot", True)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_are_kept(container: ContainerClient, name: str) -> None:
    blob = container.get_blob_client(name)
    blob.upload_blob(name.encode())
    assert blob.download_blob().readall() == name.encode()
    assert [found.name for found in container.list_blobs()] == [name.replace("\\", "/")]
    assert httpx.get(_signed(container, name, "r")).content == name.encode()
    blob.delete_blob()


def test_a_backslash_in_a_name_means_a_slash(container: ContainerClient) -> None:
    blob = container.upload_blob("a\\b\\c", b"1")
    assert container.download_blob("a/b/c").readall() == b"1"
    signature = _signed(container, "a/b/c", "r").partition("?")[2]  # as the JavaScript client signs such a name
    assert httpx.get(f"{blob.url}?{signature}").content == b"1"
    container.delete_blobs("a\\b/c")
    assert list(container.list_blob_names()) == []


def test_a_name_that_is_too_long_is_refused(container: ContainerClient) -> None:
    with pytest.raises(HttpResponseError) as caught:
        container.upload_blob("x" * 1025, b"")
    assert code(caught.value) == "OutOfRangeInput"


def test_a_missing_blob_or_container_is_told_apart(container: ContainerClient) -> None:
    with pytest.raises(ResourceNotFoundError) as caught:
        container.download_blob("none")
    assert code(caught.value) == "BlobNotFound"
    assert not container.get_blob_client("none").exists()
    container.delete_container()
    with pytest.raises(ResourceNotFoundError) as caught:
        container.upload_blob("a", b"")
    assert code(caught.value) == "ContainerNotFound"


def test_ranges_are_read(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"0123456789")
    assert blob.download_blob(offset=3, length=4).readall() == b"3456"
    assert blob.download_blob(offset=8).readall() == b"89"
    assert blob.download_blob(offset=8, length=100).readall() == b"89"
    assert blob.download_blob(offset=2, length=3, validate_content=True).readall() == b"234"
    with pytest.raises(HttpResponseError) as caught:
        blob.download_blob(offset=10, length=1)
    assert refused(caught) == (416, "InvalidRange")


def test_a_plain_range_header_is_answered_as_http_wants(container: ContainerClient) -> None:
    container.upload_blob("a", b"0123456789")
    url = _signed(container, "a", "r")
    with httpx.Client() as http:
        answer = http.get(url, headers={"range": "bytes=2-4"})
        assert (answer.status_code, answer.content) == (206, b"234")
        assert answer.headers["content-range"] == "bytes 2-4/10"
        assert answer.headers["accept-ranges"] == "bytes"
        assert "content-md5" not in answer.headers
        assert answer.headers["x-ms-blob-content-md5"]
        beyond = http.get(url, headers={"range": "bytes=10-"})
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */10")
        assert http.get(url, headers={"range": "nonsense"}).status_code == 200
        head = http.head(url)
        assert (head.headers["content-length"], head.content) == ("10", b"")


def test_head_of_what_is_not_there_has_no_body(container: ContainerClient) -> None:
    with httpx.Client() as http:
        answer = http.head(_signed(container, "none", "r"))
    assert (answer.status_code, answer.content, answer.headers["x-ms-error-code"]) == (404, b"", "BlobNotFound")


def test_an_error_has_a_body_in_xml(container: ContainerClient) -> None:
    with httpx.Client() as http:
        answer = http.get(_signed(container, "none", "r"))
    assert answer.headers["content-type"] == "application/xml"
    assert answer.text.startswith('<?xml version="1.0" encoding="utf-8"?><Error><Code>BlobNotFound</Code><Message>')


def test_content_headers_are_kept_replaced_and_cleared(container: ContainerClient) -> None:
    settings = ContentSettings("text/html", "gzip", "fr", "attachment", "max-age=5")
    blob = container.upload_blob("a", b"x", content_settings=settings)
    kept = blob.get_blob_properties()
    found = kept.content_settings
    assert (found.content_type, found.content_encoding, found.content_language) == ("text/html", "gzip", "fr")
    assert (found.content_disposition, found.cache_control) == ("attachment", "max-age=5")
    blob.set_http_headers(ContentSettings(content_type="text/plain"))
    changed = blob.get_blob_properties()
    assert changed.etag != kept.etag
    assert changed.content_settings.content_type == "text/plain"
    assert changed.content_settings.content_encoding is None
    assert changed.content_settings.content_md5 is None


def test_metadata_names_keep_their_case(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"x", metadata={"Category": "A", "fileName": "b"})
    assert blob.get_blob_properties().metadata == {"Category": "A", "fileName": "b"}
    (listed,) = container.list_blobs(include=["metadata"])
    assert listed.metadata == {"Category": "A", "fileName": "b"}


def test_metadata_is_replaced(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"x", metadata={"one": "1", "two": "2"})
    assert blob.get_blob_properties().metadata == {"one": "1", "two": "2"}
    blob.set_blob_metadata({"three": "3"})
    assert blob.get_blob_properties().metadata == {"three": "3"}
    blob.set_blob_metadata()
    assert blob.get_blob_properties().metadata == {}
    with pytest.raises(HttpResponseError) as caught:
        blob.set_blob_metadata({"not-a-name": "1"})
    assert code(caught.value) == "InvalidMetadata"


def test_content_with_another_md5_is_refused_and_the_old_content_stays(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"old")
    with httpx.Client() as http:
        for md5, code in (("AAAAAAAAAAAAAAAAAAAAAA==", "Md5Mismatch"), ("nonsense", "InvalidMd5")):
            answer = http.put(
                _signed(container, "a", "w"),
                content=b"new" * 100_000,
                headers={"x-ms-blob-type": "BlockBlob", "content-md5": md5},
            )
            assert (answer.status_code, answer.headers["x-ms-error-code"]) == (400, code)
    assert blob.download_blob().readall() == b"old"
    blob.upload_blob(b"checked", overwrite=True, validate_content=True)


def test_a_body_in_chunks_is_taken(container: ContainerClient) -> None:
    with httpx.Client() as http:
        answer = http.put(
            _signed(container, "a", "w"), content=iter([b"x" * 100_000] * 5), headers={"x-ms-blob-type": "BlockBlob"}
        )
    assert answer.status_code == 201
    assert len(container.download_blob("a").readall()) == 500_000


def test_who_may_only_create_does_not_overwrite(container: ContainerClient) -> None:
    headers = {"x-ms-blob-type": "BlockBlob"}
    with httpx.Client() as http:
        assert http.put(_signed(container, "a", "c"), content=b"1", headers=headers).status_code == 201
        assert http.put(_signed(container, "a", "c"), content=b"2", headers=headers).status_code == 403
    assert container.download_blob("a").readall() == b"1"


def test_conditional_writes(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"1")
    with pytest.raises(ResourceExistsError) as exists:
        blob.upload_blob(b"2")
    assert code(exists.value) == "BlobAlreadyExists"
    etag = blob.get_blob_properties().etag
    blob.upload_blob(b"2", overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified)
    with pytest.raises(ResourceModifiedError) as modified:
        blob.upload_blob(b"3", overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified)
    assert refused(modified) == (412, "ConditionNotMet")
    with pytest.raises(HttpResponseError):
        blob.upload_blob(b"3", overwrite=True, if_unmodified_since=datetime.now(UTC) - timedelta(hours=1))
    with pytest.raises(HttpResponseError):
        blob.delete_blob(if_modified_since=datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(HttpResponseError):
        container.get_blob_client("new").upload_blob(
            b"", overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified
        )
    assert blob.download_blob().readall() == b"2"


def test_conditional_reads(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"1")
    etag = blob.get_blob_properties().etag
    with pytest.raises(HttpResponseError) as caught:
        blob.get_blob_properties(etag=etag, match_condition=MatchConditions.IfModified)
    assert caught.value.status_code == 304
    with pytest.raises(HttpResponseError) as unmet:
        blob.download_blob(etag='"0x8D0"', match_condition=MatchConditions.IfNotModified)
    assert unmet.value.status_code == 412
    with pytest.raises(HttpResponseError) as never:
        blob.download_blob(match_condition=MatchConditions.IfMissing)
    assert refused(never) == (400, "UnsatisfiableCondition")
    with httpx.Client() as http:
        answer = http.get(_signed(container, "a", "r"), headers={"if-none-match": etag})
        assert (answer.status_code, answer.content) == (304, b"")


def test_every_write_changes_the_etag(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"1")
    etags = set()
    for _ in range(5):
        etags.add(blob.upload_blob(b"1", overwrite=True)["etag"])
        etags.add(blob.set_blob_metadata({"a": "1"})["etag"])
        etags.add(blob.set_http_headers(ContentSettings("a/b"))["etag"])
    assert len(etags) == 15


def test_tags(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"1", tags={"colour": "red + blue/:=_.-", "size": ""})
    assert blob.get_blob_tags() == {"colour": "red + blue/:=_.-", "size": ""}
    assert blob.get_blob_properties().tag_count == 2
    blob.set_blob_tags({"only": "1"})
    assert blob.get_blob_tags() == {"only": "1"}
    with pytest.raises(HttpResponseError) as caught:
        blob.set_blob_tags({str(number): "" for number in range(11)})
    assert caught.value.status_code == 400
    for tags in ({"colour": "red & blue"}, {"färbe": "red"}, {"colour": "red\n"}):
        with pytest.raises(HttpResponseError) as unfit:
            blob.set_blob_tags(tags)
        assert refused(unfit) == (400, "InvalidTag")
    assert blob.get_blob_tags() == {"only": "1"}


def test_tiers(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"1", standard_blob_tier=StandardBlobTier.COOL)
    assert blob.get_blob_properties().blob_tier == "Cool"
    blob.set_standard_blob_tier(StandardBlobTier.HOT)
    properties = blob.get_blob_properties()
    assert (properties.blob_tier, properties.blob_tier_inferred) == ("Hot", None)
    assert properties.blob_tier_change_time is not None
    with pytest.raises(HttpResponseError):
        blob.set_standard_blob_tier("Lukewarm")


def test_snapshots_keep_what_was(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"1", metadata={"v": "1"})
    snapshot = blob.create_snapshot()
    blob.upload_blob(b"22", overwrite=True)
    old = container.get_blob_client("a", snapshot=str(snapshot["snapshot"]))
    assert (old.download_blob().readall(), old.get_blob_properties().metadata) == (b"1", {"v": "1"})
    other = blob.create_snapshot(metadata={"v": "2"})
    assert container.get_blob_client("a", snapshot=str(other["snapshot"])).get_blob_properties().metadata == {"v": "2"}
    with pytest.raises(HttpResponseError) as caught:
        blob.delete_blob()
    assert refused(caught) == (409, "SnapshotsPresent")
    old.delete_blob()
    blob.delete_blob(delete_snapshots="only")
    assert blob.download_blob().readall() == b"22"
    blob.create_snapshot()
    blob.delete_blob(delete_snapshots="include")
    assert list(container.list_blobs(include=["snapshots"])) == []


def test_overwriting_a_long_blob_lets_its_readers_go_on(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"1" * 2_000_000)
    with httpx.Client() as http, http.stream("GET", _signed(container, "a", "r")) as answer:
        blob.upload_blob(b"2" * 2_000_000, overwrite=True)
        blob.delete_blob()
        assert b"".join(answer.iter_bytes()) == b"1" * 2_000_000


def test_last_modified_is_now(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"1")
    assert abs(blob.get_blob_properties().last_modified.timestamp() - time.time()) < 5

"""The official JavaScript clients, unchanged, against the front: what their scripts print is what they saw."""

from __future__ import annotations

from tests.integration.storage.server.front_fixture import ServedStore
from tests.integration.storage.server.javascript.packages import run_script


def test_the_queue_client_works(served_store: ServedStore) -> None:
    assert run_script("queue.mjs", served_store.connection_string()) == {
        "exists": True,
        "createdAgain": False,
        "sent": True,
        "peeked": ["<a>&\"'äöü 日本 🚀", "second"],
        "received": [True, 1],
        "receiptChanged": True,
        "again": [["second", 1], ["changed", 2]],
        "properties": [{"colour": "red", "under_score": "1"}, 0],
        "policies": [["policy", "raup"]],
        "listed": [["js-list-0", "js-list-1"], ["js-list-2", "js-list-3"], ["js-list-4"]],
        "cors": 1,
        "refused": [403, "AuthorizationPermissionMismatch"],
        "missing": [404, "QueueNotFound"],
    }


def test_the_blob_client_works(served_store: ServedStore) -> None:
    name = "dir/a b+c ä(1)'!.txt"
    assert run_script("blob.mjs", served_store.connection_string()) == {
        "exists": True,
        "downloaded": "hello",
        "range": "ell",
        "properties": ["text/plain", "no-cache", {"one": "1", "under_score": "2"}, 5, "BlockBlob"],
        "tags": {"t": "v"},
        "large": True,
        "streamed": "part1part2",
        "uncommitted": 1,
        "committed": "abc",
        "appended": "onetwo",
        "leased": [412, "LeaseIdMissing"],
        "conditional": [409, "BlobAlreadyExists"],
        "snapshot": "hello",
        "copied": "success",
        "names": ["append", "copy", name, name, "large", "stream"],
        "hierarchy": [["prefix", "dir/"], ["blob", "append"], ["blob", "copy"], ["blob", "large"], ["blob", "stream"]],
        "pages": [2, 2, 1],
        "signed": "newer",
        "refused": [403, "AuthorizationPermissionMismatch"],
        "batch": [202, 202],
        "page": [501, "NotImplemented"],
        "missing": [404, "BlobNotFound"],
        "containers": [["js-container", {"Kind": "test"}]],
        "account": "StorageV2",
    }


def test_the_table_client_works(served_store: ServedStore) -> None:
    assert run_script("tables.mjs", served_store.connection_string()) == {
        "entity": ["ä'日", 5, "9007199254740993", True, "2026-01-02T03:04:05.000Z", [1, 2, 255], 1.5, True],
        "duplicate": [409, "EntityAlreadyExists"],
        "odd": 7,
        "conflict": [412, "UpdateConditionNotSatisfied"],
        "batch": 50,
        "failedBatch": [409, "EntityAlreadyExists"],
        "queried": [["040", 40], ["041", 41], ["042", 42]],
        "pages": [20, 20, 10],
        "missing": [404, "ResourceNotFound"],
        "tables": ["JsTable"],
        "policies": ["policy"],
        "cors": 0,
    }

"""The table client of the Python SDK against the REST front."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from azure.core import MatchConditions
from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import (
    AccountSasPermissions,
    EdmType,
    EntityProperty,
    RequestTooLargeError,
    ResourceTypes,
    TableAccessPolicy,
    TableClient,
    TableSasPermissions,
    TableServiceClient,
    TableTransactionError,
    UpdateMode,
    generate_account_sas,
    generate_table_sas,
)

from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from tests.integration.storage.server.front_fixture import ServedStore

KEY = AzureNamedKeyCredential(DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY)
SOON = timedelta(hours=1)


@pytest.fixture(scope="module")
def service(served_store: ServedStore) -> Iterator[TableServiceClient]:
    with TableServiceClient.from_connection_string(served_store.connection_string(), retry_total=0) as client:
        yield client


@pytest.fixture
def table(service: TableServiceClient) -> TableClient:
    return service.create_table(f"t{uuid4().hex}")


def entity(row: str, partition: str = "p", **properties: Any) -> dict[str, Any]:
    return {"PartitionKey": partition, "RowKey": row, **properties}


def code_of(error: HttpResponseError) -> str:
    """The service's code; some methods of the SDK leave it in the message."""
    code = getattr(error, "error_code", None)
    return str(error) if code is None else str(getattr(code, "value", code))


def test_tables_are_created_listed_and_deleted(service: TableServiceClient) -> None:
    names = [f"List{number}{uuid4().hex}" for number in range(5)]
    for name in names:
        service.create_table(name)
    with pytest.raises(ResourceExistsError) as caught:
        service.create_table(names[0].upper())
    assert "TableAlreadyExists" in code_of(caught.value)
    assert service.create_table_if_not_exists(names[0]).table_name == names[0]
    assert set(names) <= {item.name for item in service.list_tables(results_per_page=2)}
    assert [item.name for item in service.query_tables(f"TableName eq '{names[3]}'")] == [names[3]]
    upper = names[4] + "x"
    assert [
        item.name
        for item in service.query_tables(
            "TableName gt @low and TableName lt @high", parameters={"low": names[3], "high": upper}
        )
    ] == [names[4]]
    for name in names:
        service.delete_table(name)
    service.delete_table(names[0])
    assert not set(names) & {item.name for item in service.list_tables()}


@pytest.mark.parametrize("name", ["a", "1abc", "my-table", "x" * 64])
def test_the_sdk_explains_a_name_against_the_rules(service: TableServiceClient, name: str) -> None:
    with pytest.raises(ValueError, match="must be alphanumeric"):
        service.create_table(name)


def test_an_entity_keeps_its_types(table: TableClient) -> None:
    given = entity(
        "types",
        text="Ä 😀 'x'",
        empty="",
        yes=True,
        small=-(2**31),
        ratio=0.1,
        whole=5.0,
        infinite=float("-inf"),
        id=UUID("c9da6455-213d-42c9-9a79-3e9149a57833"),
        data=bytes(range(256)),
        born=datetime(1950, 1, 2, 3, 4, 5, 678000, UTC),
        big=EntityProperty(2**63 - 1, EdmType.INT64),
    )
    table.create_entity({**given, "none": None, "nan": float("nan")})
    found = dict(table.get_entity("p", "types"))
    assert math.isnan(found.pop("nan"))
    assert found == given
    assert type(found["whole"]) is float
    changed = table.get_entity("p", "types").metadata["timestamp"]
    assert changed is not None
    assert abs(changed - datetime.now(UTC)) < SOON


@pytest.mark.parametrize(
    "key", ["", " ", "it's 'quoted'", "Größe 😀", "a%20b%", '+&=,;:@$!()[]{}|^~`"<>', "1!4!YWJj", "a" * 512, "'", "''"]
)
def test_a_key_of_any_characters_is_found_changed_and_deleted(table: TableClient, key: str) -> None:
    table.create_entity(entity(key, key, n=1))
    table.update_entity(entity(key, key, m=2))
    assert dict(table.get_entity(key, key)) == entity(key, key, n=1, m=2)
    table.submit_transaction([("update", entity(key, key, n=3))])
    quoted = {"key": key}
    if key and " " not in key:  # the SDK splits filters at blanks and looks at first characters
        found = list(table.query_entities("PartitionKey eq @key and RowKey eq @key", parameters=quoted))
        assert [item["n"] for item in found] == [3]
    table.delete_entity(key, key)
    with pytest.raises(ResourceNotFoundError):
        table.get_entity(key, key)


@pytest.mark.parametrize("key", ["a/b", "a\\b", "a#b", "a?b", "a\nb"])
def test_a_forbidden_character_in_a_key_is_refused(table: TableClient, key: str) -> None:
    with pytest.raises(HttpResponseError) as caught:
        table.create_entity(entity(key))
    assert caught.value.status_code == 400
    assert "OutOfRangeInput" in code_of(caught.value)


def test_keys_that_are_missing(table: TableClient) -> None:
    with pytest.raises(ValueError, match="PartitionKey must be present"):
        table.create_entity({"RowKey": "r"})
    with pytest.raises(ValueError, match="RowKey must be present"):
        table.create_entity({"PartitionKey": "p"})


def test_inserts_updates_and_upserts(table: TableClient) -> None:
    table.create_entity(entity("a", x=1))
    with pytest.raises(ResourceExistsError) as caught:
        table.create_entity(entity("a"))
    assert "EntityAlreadyExists" in code_of(caught.value)
    table.upsert_entity(entity("a", y=2))
    assert dict(table.get_entity("p", "a")) == entity("a", x=1, y=2)
    table.upsert_entity(entity("a", z=3), mode=UpdateMode.REPLACE)
    assert dict(table.get_entity("p", "a")) == entity("a", z=3)
    table.update_entity(entity("a", w=4), mode=UpdateMode.REPLACE)
    assert dict(table.get_entity("p", "a", select=["w"])) == {"w": 4}
    with pytest.raises(ResourceNotFoundError) as missing:
        table.update_entity(entity("b"))
    assert code_of(missing.value) == "ResourceNotFound"
    table.delete_entity("p", "missing")


def test_writes_on_condition(table: TableClient) -> None:
    table.create_entity(entity("a", n=1))
    old = table.get_entity("p", "a")
    table.update_entity(old | {"n": 2}, match_condition=MatchConditions.IfNotModified, etag=old.metadata["etag"])
    for mode in UpdateMode:
        with pytest.raises(ResourceModifiedError) as caught:
            table.update_entity(
                entity("a", n=3), mode, match_condition=MatchConditions.IfNotModified, etag=old.metadata["etag"]
            )
        assert code_of(caught.value) == "UpdateConditionNotSatisfied"
    with pytest.raises(ResourceModifiedError):
        table.delete_entity(entity("a"), match_condition=MatchConditions.IfNotModified, etag=old.metadata["etag"])
    new = table.get_entity("p", "a")
    assert new["n"] == 2
    table.delete_entity(new, match_condition=MatchConditions.IfNotModified)


def test_queries_come_in_pages_and_with_what_was_selected(table: TableClient) -> None:
    for start in range(0, 300, 100):
        table.submit_transaction([("create", entity(f"{start + n:04}", n=n, s="x")) for n in range(100)])
    pages = [len(list(page)) for page in table.list_entities(results_per_page=120).by_page()]
    assert pages == [120, 120, 60]
    begun: Any = table.list_entities(results_per_page=120).by_page()
    next(begun)
    resumed = table.list_entities(results_per_page=120).by_page(continuation_token=begun.continuation_token)
    assert next(next(resumed))["RowKey"] == "0120"
    found = list(table.query_entities("RowKey ge '0150' and n lt 52", select=["RowKey", "n"]))
    assert found == [{"RowKey": f"{n:04}", "n": n % 100} for n in (150, 151, *range(200, 252))]
    assert list(table.query_entities("n eq @n and s eq @s", parameters={"n": 7, "s": "y"})) == []


def test_a_filter_that_is_not_understood_is_refused_with_its_place(table: TableClient) -> None:
    with pytest.raises(HttpResponseError, match="character 5") as caught:
        list(table.query_entities("n eq"))
    assert caught.value.status_code == 400
    with pytest.raises(HttpResponseError) as unknown:
        list(table.query_entities("startswith(RowKey,'a')"))
    assert unknown.value.status_code == 501


def test_a_transaction_does_all_of_its_operations(table: TableClient) -> None:
    for row in ("updated", "replaced", "deleted"):
        table.create_entity(entity(row, x=1))
    answers = table.submit_transaction(
        [
            ("create", entity("created", x=1)),
            ("update", entity("updated", y=2)),
            ("update", entity("replaced", y=2), {"mode": UpdateMode.REPLACE}),
            ("upsert", entity("upserted", y=2)),
            ("delete", entity("deleted")),
        ]
    )
    assert [("etag" in answer) for answer in answers] == [True, True, True, True, False]
    assert list(table.list_entities()) == [
        entity("created", x=1),
        entity("replaced", y=2),
        entity("updated", x=1, y=2),
        entity("upserted", y=2),
    ]


def test_a_transaction_that_fails_does_nothing_and_names_its_operation(table: TableClient) -> None:
    table.create_entity(entity("there"))
    with pytest.raises(TableTransactionError) as caught:
        table.submit_transaction([("create", entity("new")), ("create", entity("there"))])
    assert (caught.value.index, code_of(caught.value)) == (1, "EntityAlreadyExists")
    assert [item["RowKey"] for item in table.list_entities()] == ["there"]


def test_what_a_transaction_cannot_be(table: TableClient) -> None:
    with pytest.raises(TableTransactionError) as twice:
        table.submit_transaction([("upsert", entity("a")), ("upsert", entity("a"))])
    assert (twice.value.index, code_of(twice.value)) == (1, "InvalidDuplicateRow")
    with pytest.raises(TableTransactionError):
        table.submit_transaction([("upsert", entity(str(number))) for number in range(101)])
    with pytest.raises(RequestTooLargeError):
        table.submit_transaction(
            [("create", entity(str(n), **{f"p{m}": "x" * 32000 for m in range(15)})) for n in range(10)]
        )
    assert list(table.list_entities()) == []


def test_limits_of_size(table: TableClient) -> None:
    table.create_entity(entity("big", **{f"p{number}": "x" * 32700 for number in range(15)}))
    for properties, code in (
        ({f"p{number}": "x" * 32768 for number in range(16)}, "EntityTooLarge"),
        ({"text": "x" * 32769}, "PropertyValueTooLarge"),
        ({f"p{number}": 1 for number in range(253)}, "TooManyProperties"),
        ({"not-a-name": 1}, "PropertyNameInvalid"),
    ):
        with pytest.raises(HttpResponseError) as caught:
            table.create_entity(entity("other", **properties))
        assert (caught.value.status_code, code in code_of(caught.value)) == (400, True), code


def test_a_missing_table_says_so(service: TableServiceClient) -> None:
    table = service.get_table_client("missing")
    for work in (
        lambda: table.get_entity("p", "r"),
        lambda: table.upsert_entity(entity("a")),
        lambda: list(table.list_entities()),
        lambda: table.get_table_access_policy(),
    ):
        with pytest.raises(ResourceNotFoundError) as caught:
            work()
        assert code_of(caught.value) == "TableNotFound"


def test_access_policies_and_the_signatures_that_use_them(served_store: ServedStore, table: TableClient) -> None:
    start, expiry = datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC).replace(microsecond=0) + SOON
    assert table.get_table_access_policy() == {}
    table.set_table_access_policy(
        {"readers": TableAccessPolicy(start=start, expiry=expiry, permission="r"), "nobody": None}
    )
    policies = table.get_table_access_policy()
    assert set(policies) == {"readers", "nobody"}
    readers = policies["readers"]
    assert readers is not None
    assert (readers.permission, readers.expiry) == ("r", expiry)
    table.create_entity(entity("a"))
    signature = generate_table_sas(KEY, table.table_name, policy_id="readers")
    with signed(served_store, table, signature) as reader:
        assert list(reader.list_entities()) == [entity("a")]
        with pytest.raises(HttpResponseError) as caught:
            reader.upsert_entity(entity("b"))
        assert caught.value.status_code == 403


def test_a_signature_for_a_range_of_keys(served_store: ServedStore, table: TableClient) -> None:
    table.submit_transaction([("create", entity(f"{number}")) for number in range(10)])
    signature = generate_table_sas(
        KEY,
        table.table_name,
        permission=TableSasPermissions(read=True, update=True, add=True),
        expiry=datetime.now(UTC) + SOON,
        start_pk="p",
        start_rk="3",
        end_pk="p",
        end_rk="5",
    )
    with signed(served_store, table, signature) as client:
        assert [item["RowKey"] for item in client.list_entities()] == ["3", "4", "5"]
        client.submit_transaction([("upsert", entity("3", n=1))])
        for operation in (
            lambda: client.submit_transaction([("upsert", entity("6"))]),
            lambda: client.upsert_entity(entity("2")),
            lambda: client.get_entity("p", "9"),
            lambda: client.delete_entity("p", "4"),
            lambda: client.submit_transaction([("delete", entity("4"))]),
        ):
            with pytest.raises(HttpResponseError) as caught:
                operation()
            assert caught.value.status_code in (202, 403)
    assert len(list(table.list_entities())) == 10


def test_a_transaction_stays_in_the_table_of_its_signature(
    served_store: ServedStore, service: TableServiceClient, table: TableClient
) -> None:
    signature = generate_table_sas(
        KEY, "another", permission=TableSasPermissions(add=True, update=True), expiry=datetime.now(UTC) + SOON
    )
    with signed(served_store, table, signature) as client, pytest.raises(HttpResponseError):
        client.submit_transaction([("upsert", entity("a"))])
    assert list(table.list_entities()) == []


def test_a_signature_for_the_account(served_store: ServedStore, table: TableClient) -> None:
    signature = generate_account_sas(
        KEY,
        resource_types=ResourceTypes(service=True, object=True, container=True),
        permission=AccountSasPermissions(read=True, list=True, add=True),
        expiry=datetime.now(UTC) + SOON,
    )
    with signed(served_store, table, signature) as client:
        client.create_entity(entity("a"))
        assert list(client.list_entities()) == [entity("a")]
        with pytest.raises(HttpResponseError):
            client.delete_entity("p", "a")


def signed(served_store: ServedStore, table: TableClient, signature: str) -> TableClient:
    return TableClient(
        served_store.url("table"), table.table_name, credential=AzureSasCredential(signature), retry_total=0
    )


def test_service_properties(service: TableServiceClient) -> None:
    assert set(service.get_service_properties()) >= {"cors", "hour_metrics", "minute_metrics", "analytics_logging"}


def test_statistics_of_the_read_only_copy(service: TableServiceClient) -> None:
    replication: Any = service.get_service_stats()["geo_replication"]
    assert replication["status"] in ("live", "unavailable", "bootstrap")

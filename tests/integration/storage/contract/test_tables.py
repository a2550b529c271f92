"""What every TableStore does."""

from __future__ import annotations

from typing import Any

import pytest

from funchost.errors import StorageError
from funchost.storage.account import StorageAccount
from funchost.storage.tables import Continuation, Entity, Operation, Write
from tests.integration.storage.contract.stores import contract


def entity(row: str, partition: str = "p", **properties: Any) -> Entity:
    """An entity with keys."""
    return {"PartitionKey": partition, "RowKey": row, **properties}


def own(found: Entity) -> dict[str, Any]:
    """What its writer gave an entity that was read."""
    assert found["odata.etag"].startswith("W/")
    assert found["Timestamp"].endswith("Z")
    return {name: value for name, value in found.items() if name not in ("odata.etag", "Timestamp")}


async def rows(account: StorageAccount, table: str, filter: str = "") -> list[str]:
    """The row keys that a filter selects."""
    return [found["RowKey"] for found in (await account.tables.query(table, filter)).entities]


@contract()
async def test_a_table_is_created_once(account: StorageAccount, name: str) -> None:
    assert await account.tables.create_table(name)
    assert not await account.tables.create_table(name)
    assert name in await account.tables.list_tables()
    await account.tables.delete_table(name)
    assert name not in await account.tables.list_tables()


@contract()
async def test_a_missing_table_says_so(account: StorageAccount, name: str) -> None:
    for operation in (
        account.tables.query(name),
        account.tables.get(name, "p", "r"),
        account.tables.write(name, Operation(Write.INSERT, entity("r"))),
    ):
        with pytest.raises(StorageError) as caught:
            await operation
        assert (caught.value.code, caught.value.status) == ("TableNotFound", 404)
    with pytest.raises(StorageError) as caught:
        await account.tables.delete_table(name)
    assert caught.value.status == 404


@contract()
async def test_a_name_that_breaks_the_rules_is_refused(account: StorageAccount, name: str) -> None:
    with pytest.raises(StorageError) as caught:
        await account.tables.create_table("1-not-a-name")
    assert caught.value.status == 400


@contract()
async def test_an_entity_comes_out_as_it_went_in(account: StorageAccount, name: str) -> None:
    given = entity(
        "key with spaces 'quoted' +&=ä",
        "p 1",
        text='Ä " <>& 😀',
        flag=True,
        number=-7,
        ratio=2.5,
        **{
            "big@odata.type": "Edm.Int64",
            "big": "9007199254740993",
            "when@odata.type": "Edm.DateTime",
            "when": "2021-03-04T05:06:07.1234567Z",
            "guid@odata.type": "Edm.Guid",
            "guid": "c9da6455-213d-42c9-9a79-3e9149a57833",
            "data@odata.type": "Edm.Binary",
            "data": "AAEC/w==",
        },
    )
    await account.tables.create_table(name)
    etag = await account.tables.write(name, Operation(Write.INSERT, given))
    found = await account.tables.get(name, given["PartitionKey"], given["RowKey"])
    assert own(found) == given
    assert found["odata.etag"] == etag
    (queried,) = (await account.tables.query(name)).entities
    assert dict(queried) == dict(found)


@contract()
async def test_an_entity_is_inserted_once(account: StorageAccount, name: str) -> None:
    await account.tables.create_table(name)
    await account.tables.write(name, Operation(Write.INSERT, entity("a", n=1)))
    with pytest.raises(StorageError) as caught:
        await account.tables.write(name, Operation(Write.INSERT, entity("a", n=2)))
    assert (caught.value.code, caught.value.status) == ("EntityAlreadyExists", 409)
    assert (await account.tables.get(name, "p", "a"))["n"] == 1


@contract()
async def test_an_entity_that_is_not_there_is_not_found(account: StorageAccount, name: str) -> None:
    await account.tables.create_table(name)
    for operation in (
        account.tables.get(name, "p", "a"),
        account.tables.write(name, Operation(Write.REPLACE, entity("a"))),
        account.tables.write(name, Operation(Write.MERGE, entity("a"))),
        account.tables.write(name, Operation(Write.DELETE, entity("a"))),
    ):
        with pytest.raises(StorageError) as caught:
            await operation
        assert (caught.value.code, caught.value.status) == ("ResourceNotFound", 404)


@contract()
async def test_upserts_replace_or_merge_whether_it_is_there_or_not(account: StorageAccount, name: str) -> None:
    tables = account.tables
    await tables.create_table(name)
    await tables.write(name, Operation(Write.UPSERT_MERGE, entity("a", x=1)))
    await tables.write(name, Operation(Write.UPSERT_MERGE, entity("a", y=2)))
    assert own(await tables.get(name, "p", "a")) == entity("a", x=1, y=2)
    await tables.write(name, Operation(Write.UPSERT_REPLACE, entity("a", z=3)))
    assert own(await tables.get(name, "p", "a")) == entity("a", z=3)
    await tables.write(name, Operation(Write.UPSERT_REPLACE, entity("b")))
    assert own(await tables.get(name, "p", "b")) == entity("b")


@contract()
async def test_writes_name_the_version_that_they_replace(account: StorageAccount, name: str) -> None:
    tables = account.tables
    await tables.create_table(name)
    first = await tables.write(name, Operation(Write.INSERT, entity("a", n=1))) or ""
    second = await tables.write(name, Operation(Write.REPLACE, entity("a", n=2), first)) or ""
    assert first != second
    for write in (Write.REPLACE, Write.MERGE, Write.DELETE):
        with pytest.raises(StorageError) as caught:
            await tables.write(name, Operation(write, entity("a", n=3), first))
        assert (caught.value.code, caught.value.status) == ("UpdateConditionNotSatisfied", 412)
    third = await tables.write(name, Operation(Write.MERGE, entity("a", m=1), second)) or ""
    assert own(await tables.get(name, "p", "a")) == entity("a", n=2, m=1)
    assert await tables.write(name, Operation(Write.DELETE, entity("a"), third)) is None
    assert await rows(account, name) == []


@contract()
async def test_filters_select(account: StorageAccount, name: str) -> None:
    await account.tables.create_table(name)
    for row, partition, n in (("a", "p", 1), ("b", "p", 2), ("c", "p", 3), ("a", "q", 2)):
        await account.tables.write(
            name,
            Operation(
                Write.INSERT,
                entity(
                    row,
                    partition,
                    n=n,
                    text=f"it's {n}",
                    even=n % 2 == 0,
                    **{"at@odata.type": "Edm.DateTime", "at": f"2024-01-0{n}T00:00:00Z"},
                    **{"big@odata.type": "Edm.Int64", "big": f"{n}000000000000"},
                ),
            ),
        )
    for filter, expected in (
        ("", ["a", "b", "c", "a"]),
        ("PartitionKey eq 'q'", ["a"]),
        ("PartitionKey eq 'p' and RowKey gt 'a' and RowKey le 'c'", ["b", "c"]),
        ("n ge 2", ["b", "c", "a"]),
        ("not (n eq 2) and PartitionKey lt 'q'", ["a", "c"]),
        ("n eq 1 or n eq 3", ["a", "c"]),
        ("text eq 'it''s 3'", ["c"]),
        ("even eq true and PartitionKey eq 'p'", ["b"]),
        ("at gt datetime'2024-01-02T00:00:00Z'", ["c"]),
        ("big eq 2000000000000L and PartitionKey eq 'p'", ["b"]),
        ("n eq 4", []),
    ):
        assert await rows(account, name, filter) == expected, filter


@contract()
async def test_a_filter_that_cannot_be_read_is_refused(account: StorageAccount, name: str) -> None:
    await account.tables.create_table(name)
    with pytest.raises(StorageError) as caught:
        await account.tables.query(name, "PartitionKey eq")
    assert caught.value.status == 400


@contract()
async def test_a_query_comes_in_pages_in_the_order_of_the_keys(account: StorageAccount, name: str) -> None:
    await account.tables.create_table(name)
    for row in ("c", "a", "e", "b", "d"):
        await account.tables.write(name, Operation(Write.INSERT, entity(row)))
    found: list[str] = []
    after: Continuation | None = None
    for _ in range(10):
        page = await account.tables.query(name, "PartitionKey eq 'p'", top=2, after=after)
        assert len(page.entities) <= 2
        found += [each["RowKey"] for each in page.entities]
        after = page.next
        if after is None:
            break
    assert found == list("abcde")


@contract()
async def test_a_query_gives_the_properties_that_were_asked_for(account: StorageAccount, name: str) -> None:
    await account.tables.create_table(name)
    await account.tables.write(name, Operation(Write.INSERT, entity("a", x=1, y=2)))
    (found,) = (await account.tables.query(name, select=("RowKey", "x"))).entities
    assert {key: value for key, value in found.items() if not key.startswith("odata.")} == {"RowKey": "a", "x": 1}


@contract()
async def test_a_batch_does_all_kinds_of_writes_at_once(account: StorageAccount, name: str) -> None:
    tables = account.tables
    await tables.create_table(name)
    for row in ("replaced", "merged", "deleted"):
        await tables.write(name, Operation(Write.INSERT, entity(row, old=1)))
    etags = await tables.batch(
        name,
        [
            Operation(Write.INSERT, entity("inserted'+ ä", n="ä")),
            Operation(Write.REPLACE, entity("replaced", new=2)),
            Operation(Write.MERGE, entity("merged", new=2)),
            Operation(Write.UPSERT_REPLACE, entity("upserted", new=2)),
            Operation(Write.UPSERT_MERGE, entity("also upserted", new=2)),
            Operation(Write.DELETE, entity("deleted")),
        ],
    )
    assert [etag is None for etag in etags] == [False, False, False, False, False, True]
    assert {found["RowKey"]: own(found) for found in (await tables.query(name)).entities} == {
        "inserted'+ ä": entity("inserted'+ ä", n="ä"),
        "replaced": entity("replaced", new=2),
        "merged": entity("merged", old=1, new=2),
        "upserted": entity("upserted", new=2),
        "also upserted": entity("also upserted", new=2),
    }
    assert (await tables.get(name, "p", "replaced"))["odata.etag"] == etags[1]


@contract()
async def test_a_batch_that_fails_does_nothing_and_says_where(account: StorageAccount, name: str) -> None:
    tables = account.tables
    await tables.create_table(name)
    await tables.write(name, Operation(Write.INSERT, entity("there")))
    with pytest.raises(StorageError) as caught:
        await tables.batch(
            name,
            [Operation(Write.INSERT, entity("new")), Operation(Write.INSERT, entity("there"))],
        )
    assert (caught.value.code, caught.value.status) == ("EntityAlreadyExists", 409)
    assert caught.value.reason.startswith("1:")
    assert await rows(account, name) == ["there"]


@contract(azurite="it takes a batch over several partitions")
async def test_a_batch_stays_within_one_partition(account: StorageAccount, name: str) -> None:
    await account.tables.create_table(name)
    with pytest.raises(StorageError) as caught:
        await account.tables.batch(
            name, [Operation(Write.INSERT, entity("a", "p")), Operation(Write.INSERT, entity("a", "q"))]
        )
    assert caught.value.status == 400
    assert await rows(account, name) == []


@contract()
async def test_a_batch_of_a_hundred_is_the_longest(account: StorageAccount, name: str) -> None:
    await account.tables.create_table(name)
    longest = [Operation(Write.INSERT, entity(f"{number:03}")) for number in range(100)]
    assert len(await account.tables.batch(name, longest)) == 100
    with pytest.raises(StorageError) as caught:
        await account.tables.batch(
            name, [Operation(Write.UPSERT_MERGE, entity(f"{number:03}")) for number in range(101)]
        )
    assert caught.value.status in (400, 413)

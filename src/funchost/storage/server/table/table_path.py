"""What the path of a request to the Table service names."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, unquote

from funchost.storage.server.refusal import refusal

TABLES = "Tables"
BATCH = "$batch"

_QUOTED = r"'((?:[^']|'')*)'"
_ONE_TABLE = re.compile(rf"{TABLES}\({_QUOTED}\)")
_WHOLE = re.compile(r"([^()/]+)(?:\(\s*\))?")
_ENTITY = re.compile(rf"([^()/]+)\(\s*PartitionKey\s*=\s*{_QUOTED}\s*,\s*RowKey\s*=\s*{_QUOTED}\s*\)", re.DOTALL)
_SWAPPED = re.compile(rf"([^()/]+)\(\s*RowKey\s*=\s*{_QUOTED}\s*,\s*PartitionKey\s*=\s*{_QUOTED}\s*\)", re.DOTALL)


class TablePath(NamedTuple):
    """A table, or one entity of it if `keys` (partition, row) are given; `of_list` = the table as a member of Tables.

    The empty table with `of_list` is the list of tables itself.
    """

    table: str
    keys: tuple[str, str] | None = None
    of_list: bool = False


def parse_path(path: str) -> TablePath:
    """Return what a decoded path below the account names; StorageError InvalidUri if it is nothing known."""
    if path.rstrip("/") in (TABLES, TABLES + "()"):
        return TablePath("", of_list=True)
    if match := _ONE_TABLE.fullmatch(path):
        return TablePath(_unquoted(match[1]), of_list=True)
    if match := _ENTITY.fullmatch(path):
        return TablePath(match[1], (_unquoted(match[2]), _unquoted(match[3])))
    if match := _SWAPPED.fullmatch(path):
        return TablePath(match[1], (_unquoted(match[3]), _unquoted(match[2])))
    if match := _WHOLE.fullmatch(path):
        return TablePath(match[1])
    raise refusal("InvalidUri", f"The path {path!r} names no table and no entity.")


def path_of_url(url: str, account_url: str, account: str) -> str:
    """Return the decoded path below the account of a URL inside a batch: absolute, or from the root, or relative."""
    target = url.partition("?")[0]
    if target.startswith(account_url + "/"):
        return unquote(target.removeprefix(account_url + "/"))
    if "://" in target.partition("(")[0]:
        target = "/" + target.partition("://")[2].partition("/")[2]
    return unquote(target.removeprefix("/").removeprefix(account + "/"))


def entity_link(table: str, partition: str, row: str) -> str:
    """Return the path of an entity below the account, percent-encoded."""
    path = f"{table}(PartitionKey='{_quoted(partition)}',RowKey='{_quoted(row)}')"
    return quote(path, safe="()=',")


def _unquoted(text: str) -> str:
    return text.replace("''", "'")


def _quoted(text: str) -> str:
    return text.replace("'", "''")

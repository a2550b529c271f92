"""Which storage account a command of `func storage` works on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from funchost.cli.grammar import ToolOption
from funchost.cli.local_secret import local_secret
from funchost.cli.project import find_root
from funchost.errors import FuncHostError, UsageError
from funchost.settings import SettingNames, load_settings, process_environment

if TYPE_CHECKING:
    from funchost.storage.account import StorageAccount
    from funchost.storage.connections import Connection
    from funchost.storage.embedded.store import EmbeddedStore

GIVEN = "--connection"


class StorageChoice(NamedTuple):
    """What the command line says.

    Args:
        connection: a connection string, or the name of a setting that holds one.
        folder: of an embedded store.
        account: of the embedded store.
    """

    connection: str | None = None
    folder: Path | None = None
    account: str | None = None


def folder_option() -> ToolOption:
    return ToolOption(
        "folder",
        "--folder",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Folder of an embedded store (default: that of the app here).",
    )


def connection_options() -> list[ToolOption]:
    """Return the options that say which account is meant."""
    connection = ToolOption(
        "connection",
        "--connection",
        "-c",
        metavar="TEXT",
        help="Connection string, or the name of the setting that holds it (default: AzureWebJobsStorage).",
    )
    account = ToolOption(
        "account", "--account", metavar="NAME", help="Account of the embedded store (default: devstoreaccount1)."
    )
    return [connection, folder_option(), account]


def run_on_account(
    choice: StorageChoice, work: Callable[[StorageAccount], Awaitable[None]], *, makes: bool = False
) -> None:
    """Do `work` on the account that the command line means.

    Args:
        makes: whether a store is made in a given folder that holds none; looking at it must not make one.

    Raises:
        FuncHostError: there is no such account, or it cannot be opened; or what `work` raises.
    """
    if choice.folder is not None and not makes:
        check_folder(choice.folder)
    # Help and wrong command lines must not wait for the imports of the functions below.
    environ = process_environment()

    async def run() -> None:
        async with _open(choice, environ) as account:
            await work(account)

    asyncio.run(run())


def check_folder(folder: Path) -> None:
    """Raises: UsageError: the folder holds no store."""
    from funchost.storage.embedded.folder import StoreFolder

    if not StoreFolder(folder).database.exists():
        raise UsageError(
            f"--folder: {folder} holds no store.", hint="'func storage start', and what puts something in, make one."
        )


def embedded_folder(folder: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the folder of the embedded store: the given one, else that of the app here."""
    if folder is not None:
        return folder
    from funchost.host.storage import storage_folder

    root = find_root(None, environ, Path.cwd())
    return storage_folder(root, load_settings(_app_environment(root, environ)))


def means_own_store(choice: StorageChoice, environ: Mapping[str, str], cwd: Path) -> bool:
    """Return whether an embedded store is meant whoever listens on the emulators' ports.

    Either the command line says so, by the store's folder or by an account of it, or the app here does.
    """
    if choice.folder is not None or choice.account is not None:
        return True
    return load_settings(_app_environment(find_root(None, environ, cwd), environ)).storage_ports is not None


@asynccontextmanager
async def _open(choice: StorageChoice, environ: Mapping[str, str]) -> AsyncIterator[StorageAccount]:
    if choice.folder is not None and choice.connection is not None:
        raise UsageError("--connection and --folder name two different places.", hint="Leave one of them out.")
    connection = None if choice.folder is not None else _connection(choice, environ)
    if connection is not None and not connection.development:
        if choice.account is not None:
            raise UsageError("--account is for the embedded store; the connection names its account itself.")
        async with _remote(connection) as account:
            yield account
        return
    folder = embedded_folder(choice.folder, environ)
    if not means_own_store(choice, environ, Path.cwd()) and await _emulator_listens(folder):
        from funchost.storage.connection_string import parse_connection_string
        from funchost.storage.connections import Connection

        parsed = parse_connection_string(GIVEN, "UseDevelopmentStorage=true")
        async with _remote(Connection(parsed.account, parsed.endpoints, parsed.credential, True)) as account:
            yield account
        return
    async with open_store(folder) as store:
        yield await _account_of(store, choice.account)


@asynccontextmanager
async def open_store(folder: Path) -> AsyncIterator[EmbeddedStore]:
    """Open the embedded store of a folder; other processes may have it open too."""
    from funchost.storage.embedded.store import EmbeddedStore

    store = await EmbeddedStore.open(folder)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def _remote(connection: Connection) -> AsyncIterator[StorageAccount]:
    from funchost.storage.remote.account import open_remote_account

    account = open_remote_account(connection)
    try:
        yield account
    finally:
        await account.close()


def _connection(choice: StorageChoice, environ: Mapping[str, str]) -> Connection | None:
    from funchost.storage.connections import find_connection, resolve_connection

    if choice.connection is None:
        root = find_root(None, environ, Path.cwd())
        return find_connection(SettingNames(_app_environment(root, environ)), None)
    if "=" in choice.connection:
        return resolve_connection(SettingNames({GIVEN: choice.connection}), GIVEN)
    root = find_root(None, environ, Path.cwd())
    return resolve_connection(SettingNames(_app_environment(root, environ)), choice.connection)


def _app_environment(root: Path, environ: Mapping[str, str]) -> Mapping[str, str]:
    from funchost.app.local_settings import load_local_settings, merge_environment

    return merge_environment(load_local_settings(root, local_secret()), environ)[0]


async def _emulator_listens(folder: Path) -> bool:
    from funchost.storage.development import find_development_storage

    return (await find_development_storage(folder)).remote


async def _account_of(store: EmbeddedStore, name: str | None) -> StorageAccount:
    from funchost.storage.embedded.accounts import Accounts
    from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT

    name = name or DEVELOPMENT_ACCOUNT
    if await Accounts(store.engine).key(name) is None:
        raise FuncHostError(
            f"There is no account called {name!r} in this store.", hint=f"'func storage account create {name}' adds it."
        )
    return store.account(name)

"""What a kind of binding has to offer: it plans a binding when the app is read, and reads or writes it in a call.

Adding a kind: a module with `plan_input` and `plan_output`, and a line in registry.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from funchost.app.binding_expression import ExpressionProblem, Moment, Template, check_names, parse_template
from funchost.app.binding_expression_data import binding_data, known_names
from funchost.app.function_app import Binding, Function
from funchost.app.host_json import HostConfig
from funchost.app.invocation import Datum, Invocation
from funchost.app.problem import DeclarationProblem
from funchost.bindings.failure import BindingFailure
from funchost.errors import SettingError
from funchost.settings import Settings
from funchost.storage.account import StorageAccount
from funchost.storage.connections import Connection, resolve_connection
from funchost.storage.credentials import Identity

if TYPE_CHECKING:
    import aiohttp


class AccountSource(Protocol):
    """Opens the accounts of connections, each once: storage.accounts.Accounts, or a fake in tests."""

    async def account(self, connection: Connection) -> StorageAccount: ...


class TokenSource(Protocol):
    """Gets tokens: bindings.tokens.Tokens, or a fake in tests."""

    async def bearer(self, identity: Identity, setting: str, scope: str) -> str:
        """Return the value of an Authorization header. Raises: StorageError, SettingError."""
        ...


@dataclass(frozen=True)
class Resources:
    """What bindings reach the world through.

    Args:
        accounts: see AccountSource.
        session: the HTTP client session of this host, made at the first call.
        tokens: tokens of Microsoft Entra ID, for bindings that name an identity.
    """

    accounts: AccountSource
    session: Callable[[], aiohttp.ClientSession]
    tokens: TokenSource


class BindingCall:
    """One invocation, seen from its bindings.

    Args:
        data: binding data by lower-cased name, None to find it when a template asks for it.
    """

    def __init__(self, invocation: Invocation, resources: Resources, data: Mapping[str, object] | None = None) -> None:
        self.invocation = invocation
        self.resources = resources
        self._data = data

    @property
    def data(self) -> Mapping[str, object]:
        """Binding data by lower-cased name."""
        if self._data is None:
            self._data = binding_data(self.invocation)
        return self._data

    def render(self, template: Template, escape: Callable[[str], str] = str) -> str:
        """Return the text of a template in this invocation.

        Args:
            escape: see Template.render.

        Raises:
            BindingFailure: an expression has no value.
        """
        constant = template.constant
        if constant is not None:
            return constant
        data = self.data if template.needs_data else {}
        try:
            return template.render(data, Moment(self.invocation.function.name), escape)
        except ExpressionProblem as problem:
            raise BindingFailure(f"'{template.text}': {problem}") from problem

    async def account(self, connection: Connection) -> StorageAccount:
        """Return the account, opened at the first call. Raises: StorageError, SettingError."""
        return await self.resources.accounts.account(connection)


class Input(Protocol):
    """A planned input binding."""

    @property
    def templates(self) -> tuple[Template, ...]:
        """Every template that a read renders."""
        ...

    async def read(self, call: BindingCall) -> Datum:
        """Return the value for the function.

        Raises:
            BindingFailure: says what could not be read, and why; StorageError and OSError count as well.
        """
        ...


class Output(Protocol):
    """A planned output binding."""

    @property
    def templates(self) -> tuple[Template, ...]:
        """Every template that a write renders."""
        ...

    async def write(self, call: BindingCall, value: Datum) -> None:
        """Write what the function gave, which is something; a ``bytes`` datum may hold a stream.

        Raises:
            BindingFailure: says what could not be written, and why; StorageError and OSError count as well.
        """
        ...


@dataclass(frozen=True)
class Declared:
    """One binding to be planned, with readers for its properties.

    Args:
        function: the function it belongs to.
        binding: properties have lower-cased names.
        host: host.json.
        settings: the app settings.
    """

    function: Function
    binding: Binding
    host: HostConfig
    settings: Settings

    def problem(self, message: str, name: str) -> DeclarationProblem:
        """Return the error about a property, `name` in lower case."""
        return DeclarationProblem(f"'{self.spelling(name)}' of the binding '{self.binding.name}': {message}", (name,))

    def spelling(self, name: str) -> str:
        """Return a property's name as the app wrote it."""
        return next((own for own in self.binding.raw if own.lower() == name), name)

    def text(self, name: str) -> str | None:
        """Return a property that is a text, None if it is absent or empty. Raises: DeclarationProblem."""
        value = self.binding.properties.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return value
        raise self.problem(f"{value!r} is not a text.", name)

    def template(self, name: str) -> Template | None:
        """Return a property that may hold binding expressions, checked against what the trigger provides.

        Raises:
            DeclarationProblem: it is malformed, or names what no event has.
        """
        text = self.text(name)
        if text is None:
            return None
        try:
            template = parse_template(text)
            check_names(template, known_names(self.function))
        except ExpressionProblem as problem:
            raise self.problem(str(problem), name) from problem
        return template

    def required(self, name: str) -> Template:
        """Return a template that must be there. Raises: DeclarationProblem."""
        template = self.template(name)
        if template is None:
            own = f"the binding '{self.binding.name}' ({self.binding.type})"
            raise DeclarationProblem(f"{own} has no '{name}', which it needs.", (name,))
        return template

    def connection(self) -> Connection:
        """Return the storage account of the binding.

        Raises:
            DeclarationProblem: no such setting, or it cannot be used; names the setting.
        """
        try:
            return resolve_connection(self.settings.names, self.text("connection"))
        except SettingError as error:
            message = error.message if error.hint is None else f"{error.message} {error.hint}"
            raise self.problem(message, "connection") from error


class Kind(Protocol):
    """One type of binding, in the directions that it has."""

    def plan_input(self, declared: Declared) -> Input:
        """Raises: DeclarationProblem."""
        ...

    def plan_output(self, declared: Declared) -> Output:
        """Raises: DeclarationProblem."""
        ...

"""Connection: where a storage account is and how a client proves itself, read from the app settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from funchost.errors import SettingError
from funchost.settings import SettingNames
from funchost.storage.connection_string import parse_connection_string
from funchost.storage.credentials import Credential, Identity
from funchost.storage.endpoints import Endpoints, account_of, cloud_endpoints, endpoint_problem, sibling_endpoints

DEFAULT_CONNECTION = "Storage"
PLACEHOLDER = "<azure-storage-connection-string>"
"""Stands in the samples of the developer guide for the value that the reader has to put there."""

_URI_CHILDREN = {"blob": "blobserviceuri", "queue": "queueserviceuri", "table": "tableserviceuri"}
_CREDENTIAL_CHILDREN = ("credential", "clientid", "tenantid", "clientsecret", "managedidentityresourceid")
_DEVELOPMENT_HINT = "For the store on this machine the value is UseDevelopmentStorage=true."


@dataclass(frozen=True)
class Connection:
    """One storage account as a setting describes it; equal descriptions are equal connections.

    Args:
        account: the account's name.
        endpoints: base URLs of its services.
        credential: how requests are signed; its repr shows no secret.
        development: the store of this machine: an emulator on the well-known ports, or the embedded store.
        setting: name of the setting, as the user wrote it; for messages.
    """

    account: str
    endpoints: Endpoints
    credential: Credential
    development: bool = False
    setting: str = field(default="", compare=False)


def resolve_connection(names: SettingNames, connection: str | None) -> Connection:
    """Return the account that a binding's `connection` property leads to.

    The names are looked up as the existing host does: ``ConnectionStrings:AzureWebJobs<X>``, ``AzureWebJobs<X>``,
    ``ConnectionStrings:<X>``, ``<X>``. A text is a connection string, settings below the name (``<X>__serviceUri``)
    are an identity-based connection; a text wins, an empty one does not count.

    Args:
        connection: the property's value; None or empty = ``Storage``.

    Raises:
        SettingError: no such setting, or it cannot be used; names the setting and never shows its value.
    """
    found = find_connection(names, connection)
    if found is not None:
        return found
    looked_for = connection_settings(connection)
    # The existing host's words, which tools look for.
    name = looked_for[-1] if looked_for[-1].lower().startswith("azurewebjobs") else looked_for[1]
    message = f"Storage account connection string '{name}' does not exist. Make sure that it is a defined App Setting."
    empty = [own for own in (names.spelling(candidate) for candidate in looked_for) if own is not None]
    if empty:
        message += f" The setting {empty[0]} is there, but empty."
    raise SettingError(name, f"{message} Looked for: {', '.join(looked_for)}.", hint=_DEVELOPMENT_HINT)


def find_connection(names: SettingNames, connection: str | None) -> Connection | None:
    """Return as resolve_connection does, but None where no setting is there, or only empty ones.

    Raises:
        SettingError: the setting cannot be used.
    """
    for name in connection_settings(connection):
        text = (names.get(name) or "").strip()
        if text:
            return _from_text(names.spelling(name) or name, text)
        children = names.below(name)
        if any(names.get(own) for own in children.values()):
            return _from_children(names, name, children)
    return None


def connection_settings(connection: str | None) -> tuple[str, str, str, str]:
    """Return the names under which a binding's `connection` is looked up, in that order."""
    name = (connection or "").strip() or DEFAULT_CONNECTION
    return f"ConnectionStrings:AzureWebJobs{name}", f"AzureWebJobs{name}", f"ConnectionStrings:{name}", name


def identity_below(names: SettingNames, name: str) -> Identity:
    """Return the identity that the settings ``<name>__credential``, ``<name>__clientId`` and so on describe.

    Raises:
        SettingError: they contradict each other.
    """
    children = names.below(name)
    return _identity(name, {key: (names.get(own) or "").strip() for key, own in children.items()}, children)


def _from_text(setting: str, text: str) -> Connection:
    if text == PLACEHOLDER:
        raise SettingError(
            setting,
            f"its value is still the placeholder {PLACEHOLDER}.",
            hint=f"Put the account's connection string there. {_DEVELOPMENT_HINT}",
        )
    if text.lower().startswith("@microsoft.keyvault("):
        raise SettingError(
            setting,
            "its value is a Key Vault reference, which only Azure resolves.",
            hint="Put the connection string itself there.",
        )
    parsed = parse_connection_string(setting, text)
    return Connection(parsed.account, parsed.endpoints, parsed.credential, parsed.development, setting)


def _from_children(names: SettingNames, name: str, children: dict[str, str]) -> Connection:
    values = {key: (names.get(own) or "").strip() for key, own in children.items()}
    for key in ("serviceuri", *_URI_CHILDREN.values()):
        if values.get(key) and (problem := endpoint_problem(values[key])):
            raise SettingError(
                children[key],
                f"its value {problem}",
                hint="It looks like https://<account>.blob.core.windows.net; a shared access signature "
                "belongs into a connection string.",
            )
    account = values.get("accountname", "")
    general = values.get("serviceuri", "")
    endpoints = Endpoints(*(values.get(key, "").rstrip("/") for key in _URI_CHILDREN.values()))
    endpoints = endpoints.filled_from(sibling_endpoints(general) if general else Endpoints())
    endpoints = endpoints.filled_from(cloud_endpoints("https", account) if account else Endpoints())
    if not any(endpoints):
        own = next(iter(children.values()))
        raise SettingError(
            own,
            f"the settings below {name} ({', '.join(sorted(children.values()))}) name no storage account.",
            hint=f"Set {name}__accountName, or {name}__blobServiceUri and {name}__queueServiceUri.",
        )
    setting = min(own for key, own in children.items() if key not in _CREDENTIAL_CHILDREN)
    return Connection(
        account=account or account_of(next(url for url in endpoints if url)),
        endpoints=endpoints,
        credential=_identity(name, values, children),
        setting=setting,
    )


def _identity(name: str, values: dict[str, str], children: dict[str, str]) -> Identity:
    kind, client, tenant, secret, resource = (values.get(key, "") for key in _CREDENTIAL_CHILDREN)
    if kind and kind.lower() != "managedidentity":
        raise SettingError(
            children["credential"], f"{kind!r} is not a kind of credential.", hint="The only one is managedidentity."
        )
    if secret and not (client and tenant):
        missing = [f"{name}__{key}" for key, value in (("clientId", client), ("tenantId", tenant)) if not value]
        raise SettingError(
            children["clientsecret"],
            "a client secret is of no use without its client and tenant.",
            hint=f"Set {' and '.join(missing)} too.",
        )
    if resource and client and kind:
        raise SettingError(
            children["managedidentityresourceid"],
            "a managed identity is named by its resource id or by its client id, not both.",
            hint=f"Remove this setting or {children['clientid']}.",
        )
    return Identity(bool(kind) or bool(resource), client or None, tenant or None, secret or None, resource or None)

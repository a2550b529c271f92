from __future__ import annotations

import base64

import pytest

from funchost.errors import SettingError
from funchost.settings import SettingNames
from funchost.storage.connections import Connection, find_connection, resolve_connection
from funchost.storage.credentials import AccountKey, Identity, SharedAccessSignature
from funchost.storage.endpoints import DEVELOPMENT_KEY, Endpoints

KEY = base64.b64encode(b"a key that nobody may see").decode()
SHOP = f"DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={KEY};EndpointSuffix=core.windows.net"


def resolve(environ: dict[str, str], connection: str | None = None) -> Connection:
    return resolve_connection(SettingNames(environ), connection)


def named(account: str) -> str:
    return f"AccountName={account};AccountKey={KEY}"


@pytest.mark.parametrize("connection", [None, "", " ", "Storage", "storage"])
def test_no_name_means_the_storage_account_of_the_app(connection: str | None) -> None:
    assert resolve({"AzureWebJobsStorage": SHOP}, connection).account == "shop"


def test_the_four_names_are_tried_in_the_documented_order() -> None:
    environ = {
        "X": named("fourth"),
        "ConnectionStrings:X": named("third"),
        "AzureWebJobsX": named("second"),
        "ConnectionStrings__AzureWebJobsX": named("first"),
    }
    found = []
    for name in reversed(list(environ)):
        found.append(resolve(environ, "X").account)
        del environ[name]
    assert found == ["first", "second", "third", "fourth"]


def test_a_full_setting_name_is_found_as_it_is() -> None:
    assert resolve({"AzureWebJobsStorage": SHOP}, "AzureWebJobsStorage").account == "shop"


def test_an_empty_setting_does_not_hide_one_of_another_name() -> None:
    assert resolve({"AzureWebJobsX": "  ", "X": SHOP}, "X").setting == "X"


def test_an_account_in_a_cloud_gets_its_three_endpoints() -> None:
    connection = resolve({"AzureWebJobsStorage": SHOP})
    assert connection.endpoints == Endpoints(
        "https://shop.blob.core.windows.net",
        "https://shop.queue.core.windows.net",
        "https://shop.table.core.windows.net",
    )
    assert connection.credential == AccountKey("shop", b"a key that nobody may see")
    assert not connection.development


def test_case_order_spaces_and_a_last_semicolon_do_not_count() -> None:
    text = f" ENDPOINTSUFFIX = core.chinacloudapi.cn ; accountkey={KEY};; AccountName = shop; "
    connection = resolve({"AzureWebJobsStorage": text})
    assert connection.endpoints.queue == "https://shop.queue.core.chinacloudapi.cn"


def test_an_endpoint_that_is_given_beats_the_one_that_follows_from_the_name() -> None:
    text = f"{SHOP};BlobEndpoint=http://10.0.0.7:9000/shop/"
    assert resolve({"AzureWebJobsStorage": text}).endpoints.blob == "http://10.0.0.7:9000/shop"
    assert resolve({"AzureWebJobsStorage": text}).endpoints.queue == "https://shop.queue.core.windows.net"


@pytest.mark.parametrize(
    ("endpoint", "account"),
    [
        ("https://shop.blob.core.windows.net/", "shop"),
        ("http://127.0.0.1:10000/devstoreaccount1", "devstoreaccount1"),
        ("http://azurite:10000/devstoreaccount1", "devstoreaccount1"),
    ],
)
def test_a_signature_with_endpoints_needs_no_account_name(endpoint: str, account: str) -> None:
    connection = resolve({"S": f"BlobEndpoint={endpoint};SharedAccessSignature=?sv=2021&sig=a%2Bb="}, "S")
    assert connection.account == account
    assert connection.credential == SharedAccessSignature("sv=2021&sig=a%2Bb=")
    assert connection.endpoints.queue == ""


@pytest.mark.parametrize(
    "text",
    [
        "UseDevelopmentStorage=true",
        "usedevelopmentstorage=True;",
        (
            f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={DEVELOPMENT_KEY};"
            "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
            "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;"
        ),
    ],
)
def test_the_well_known_emulator_is_development_storage_however_it_is_written(text: str) -> None:
    connection = resolve({"AzureWebJobsStorage": text})
    assert connection.development
    assert connection == resolve({"AzureWebJobsStorage": "UseDevelopmentStorage=true"})


def test_development_storage_on_another_machine_is_an_account_like_any_other() -> None:
    text = "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://192.168.0.5/"
    connection = resolve({"AzureWebJobsStorage": text})
    assert not connection.development
    assert connection.endpoints.table == "http://192.168.0.5:10002/devstoreaccount1"


def test_children_that_name_the_services_are_an_identity_based_connection() -> None:
    connection = resolve(
        {
            "Orders__blobServiceUri": "https://shop.blob.core.windows.net/",
            "ORDERS__QUEUESERVICEURI": "https://shop.queue.core.windows.net",
            "Orders:credential": "managedidentity",
            "Orders__clientId": "c1",
        },
        "Orders",
    )
    assert connection.endpoints == Endpoints(
        "https://shop.blob.core.windows.net", "https://shop.queue.core.windows.net"
    )
    assert connection.credential == Identity(managed=True, client_id="c1")
    assert connection.account == "shop"


def test_one_service_uri_leads_to_the_other_services_of_the_account() -> None:
    connection = resolve({"AzureWebJobsStorage__serviceUri": "https://shop.queue.core.windows.net"})
    assert connection.endpoints.table == "https://shop.table.core.windows.net"
    assert connection.credential == Identity()


def test_an_account_name_alone_is_an_identity_based_connection() -> None:
    connection = resolve({"AzureWebJobsStorage__accountName": "shop"})
    assert connection.endpoints.blob == "https://shop.blob.core.windows.net"


def test_a_text_beats_the_children_of_its_name() -> None:
    environ = {"AzureWebJobsStorage": SHOP, "AzureWebJobsStorage__accountName": "other"}
    assert resolve(environ).account == "shop"


def test_equal_descriptions_are_one_connection_whatever_the_settings_are_called() -> None:
    assert len({resolve({"A": SHOP}, "A"), resolve({"B": SHOP + ";"}, "B")}) == 1


def test_a_missing_setting_is_told_in_the_existing_words_with_all_that_was_looked_for() -> None:
    with pytest.raises(SettingError) as caught:
        resolve({}, "Orders")
    assert (
        "Storage account connection string 'AzureWebJobsOrders' does not exist. "
        "Make sure that it is a defined App Setting." in caught.value.message
    )
    assert "ConnectionStrings:AzureWebJobsOrders, AzureWebJobsOrders, ConnectionStrings:Orders, Orders" in str(
        caught.value
    )
    assert find_connection(SettingNames({}), "Orders") is None


def test_an_empty_setting_is_said_to_be_empty() -> None:
    with pytest.raises(SettingError, match="The setting AzureWebJobsStorage is there, but empty"):
        resolve({"AzureWebJobsStorage": ""})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<azure-storage-connection-string>", "placeholder"),
        ("@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/topsecret)", "Key Vault reference"),
        ("topsecret", "part 1 of the connection string is not of the form"),
        ("AccountName=shop;topsecret", "part 2"),
        ("AccountName=shop;AccountKey=topsecret!", "AccountKey in the connection string is not Base64"),
        ("AccountName=shop;AccountKey=", "neither an AccountKey nor a SharedAccessSignature"),
        (f"AccountKey={KEY}", "no AccountName"),
        ("SharedAccessSignature=sig=topsecret", "no AccountName and no BlobEndpoint"),
        ("AccountName=shop;SharedAccessSignature=topsecret", "no sig parameter"),
        (f"{SHOP};accountname=topsecret", "has accountname twice"),
        (f"{SHOP};BlobEndpoint=topsecret", "BlobEndpoint in the connection string is not a URL"),
        (f"{SHOP};BlobEndpoint=https://h/?topsecret", "has a query string"),
        (f"DefaultEndpointsProtocol=topsecret;AccountName=shop;AccountKey={KEY}", "neither https nor http"),
        ("UseDevelopmentStorage=topsecret", "can only be true"),
        (f"UseDevelopmentStorage=true;{SHOP}", "stands beside other parts"),
    ],
)
def test_a_wrong_connection_string_is_described_but_never_shown(text: str, complaint: str) -> None:
    with pytest.raises(SettingError) as caught:
        resolve({"AzureWebJobsOrders": text}, "Orders")
    shown = f"{caught.value} {caught.value.hint}"
    assert complaint in shown
    assert caught.value.name == "AzureWebJobsOrders"
    assert "topsecret" not in shown
    assert KEY not in shown


@pytest.mark.parametrize(
    ("children", "complaint"),
    [
        ({"clientId": "c"}, "name no storage account"),
        ({"serviceUri": "shop.blob"}, "not a URL"),
        ({"serviceUri": "https://shop.blob.core.windows.net/?sig=topsecret"}, "query string"),
        ({"accountName": "shop", "credential": "magic"}, "not a kind of credential"),
        ({"accountName": "shop", "clientSecret": "topsecret", "clientId": "c"}, "Set Orders__tenantId too"),
        (
            {"accountName": "s", "credential": "managedidentity", "clientId": "c", "managedIdentityResourceId": "r"},
            "not both",
        ),
    ],
)
def test_wrong_children_are_described(children: dict[str, str], complaint: str) -> None:
    with pytest.raises(SettingError) as caught:
        resolve({f"Orders__{key}": value for key, value in children.items()}, "Orders")
    shown = f"{caught.value} {caught.value.hint}"
    assert complaint in shown
    assert "topsecret" not in shown


def test_no_secret_stands_in_the_repr() -> None:
    environ = {
        "A": SHOP,
        "B": "AccountName=shop;SharedAccessSignature=sig=topsecret",
        "C__accountName": "shop",
        "C__clientSecret": "topsecret",
        "C__clientId": "c",
        "C__tenantId": "t",
    }
    shown = " ".join(repr(resolve(environ, name)) for name in "ABC")
    assert "topsecret" not in shown
    assert "nobody may see" not in shown

"""The azure-mgmt-web package from PyPI, unmodified, against a server over HTTPS with a certificate that it checks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.mgmt.web import WebSiteManagementClient
from azure.mgmt.web.models import (
    ConnectionStringDictionary,
    ConnectionStringType,
    ConnStringValueTypePair,
    CorsSettings,
    CsmPublishingProfileOptions,
    CsmSlotEntity,
    KeyInfo,
    NameValuePair,
    Site,
    SiteConfig,
    SiteConfigResource,
    SiteProperties,
    SlotConfigNames,
    SlotConfigNamesResource,
    StringDictionary,
)

from funchost.deploy.client.servers_file import load
from funchost.testing import ServerProcess
from tests.integration.platform.api.conftest import OWN_PYTHON
from tests.integration.platform.api.packages import hello_package

GROUP = "funchost"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


class FixedToken:
    """A credential of the SDK's.

    Args:
        token: its text.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        return AccessToken(self._token, 2**40)


def new_client(server: ServerProcess, folder: Path, token: str) -> WebSiteManagementClient:
    certificate = load(server.config).servers[server.url].certificate
    assert certificate is not None
    trusted = folder / "trusted.pem"
    trusted.write_text(certificate)
    return WebSiteManagementClient(
        FixedToken(token),
        SUBSCRIPTION,
        base_url=f"https://localhost:{server.port}",
        credential_scopes=["local/.default"],
        connection_verify=str(trusted),
    )


@pytest.fixture(scope="module")
def client(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSiteManagementClient]:
    with new_client(server, tmp_path_factory.mktemp("sdk"), server.token) as made:
        yield made


def site(python: str = OWN_PYTHON) -> Site:
    settings = [NameValuePair(name="COLOUR", value="red")]
    config = SiteConfig(linux_fx_version=f"PYTHON|{python}", app_settings=settings)
    return Site(location="local", kind="functionapp,linux", properties=SiteProperties(site_config=config))


def deploy(client: WebSiteManagementClient, server: ServerProcess, app: str, label: str, answer: str) -> None:
    """Upload a package with the credentials that the SDK gives."""
    host = f"{label}.scm.localhost"
    answered = server.manage("POST", "/api/zipdeploy", hello_package(answer), host=host)
    assert answered.status == 200, answered.text


def test_an_app_from_its_creation_to_its_end(client: WebSiteManagementClient, server: ServerProcess) -> None:
    made = client.web_apps.begin_create_or_update(GROUP, "sdk", site()).result()
    assert made.name == "sdk"
    assert made.kind == "functionapp,linux"
    assert made.properties is not None
    assert made.properties.default_host_name == f"sdk.localhost:{server.port}"
    assert [one.name for one in client.web_apps.list_by_resource_group(GROUP) if one.name == "sdk"] == ["sdk"]
    assert "sdk" in [one.name for one in client.web_apps.list()]
    deploy(client, server, "sdk", "sdk", "Hello")
    functions = list(client.web_apps.list_functions(GROUP, "sdk"))
    assert [one.name for one in functions] == ["sdk/hello"]
    got = client.web_apps.get_function(GROUP, "sdk", "hello").properties
    assert got is not None
    assert got.invoke_url_template == f"https://sdk.localhost:{server.port}/api/hello"
    assert [one.properties.status for one in client.web_apps.list_deployments(GROUP, "sdk") if one.properties] == [4]
    client.web_apps.stop(GROUP, "sdk")
    assert server.request("GET", "/api/hello", host="sdk.localhost").status == 403
    client.web_apps.start(GROUP, "sdk")
    assert server.request("GET", "/api/hello?name=Ada", host="sdk.localhost").text == "Hello Ada"
    client.web_apps.restart(GROUP, "sdk")
    assert list(client.web_apps.list_instance_identifiers(GROUP, "sdk"))
    client.web_apps.sync_functions(GROUP, "sdk")
    client.web_apps.sync_function_triggers(GROUP, "sdk")
    client.web_apps.delete(GROUP, "sdk")
    with pytest.raises(ResourceNotFoundError):
        client.web_apps.get(GROUP, "sdk")


def test_settings_connection_strings_and_rules(client: WebSiteManagementClient, server: ServerProcess) -> None:
    client.web_apps.begin_create_or_update(GROUP, "settled", site()).result()
    settings = client.web_apps.list_application_settings(GROUP, "settled").properties
    assert settings is not None
    assert settings["COLOUR"] == "red"
    assert "AzureWebJobsStorage" in settings
    settings["SIZE"] = "large"
    changed = client.web_apps.update_application_settings(GROUP, "settled", StringDictionary(properties=settings))
    assert changed.properties == settings
    pairs = {one.value: ConnStringValueTypePair(value=f"Server={one.value}", type=one) for one in ConnectionStringType}
    assert len(pairs) == 11
    client.web_apps.update_connection_strings(GROUP, "settled", ConnectionStringDictionary(properties=pairs))
    found = client.web_apps.list_connection_strings(GROUP, "settled").properties
    assert found == pairs
    wrong = ConnectionStringDictionary(properties={"Db": ConnStringValueTypePair(value="Server=x", type="Oracle")})
    with pytest.raises(HttpResponseError, match="'Db' has the type 'Oracle'"):
        client.web_apps.update_connection_strings(GROUP, "settled", wrong)
    cors = CorsSettings(allowed_origins=["https://example.com"], support_credentials=True)
    rules = SiteConfig(cors=cors, function_app_scale_limit=3, minimum_elastic_instance_count=1)
    client.web_apps.update_configuration(GROUP, "settled", SiteConfigResource(properties=rules))
    web = client.web_apps.get_configuration(GROUP, "settled").properties
    assert web is not None
    assert web.linux_fx_version == f"PYTHON|{OWN_PYTHON}"
    assert web.cors is not None
    assert web.cors.allowed_origins == ["https://example.com"]
    assert (web.function_app_scale_limit, web.minimum_elastic_instance_count) == (3, 1)
    assert len(list(client.web_apps.list_configurations(GROUP, "settled"))) == 1


def test_credentials_keys_and_policies(client: WebSiteManagementClient, server: ServerProcess) -> None:
    client.web_apps.begin_create_or_update(GROUP, "keyed", site()).result()
    user = client.web_apps.begin_list_publishing_credentials(GROUP, "keyed").result().properties
    assert user is not None
    assert user.publishing_user_name == "$keyed"
    options = CsmPublishingProfileOptions(format="WebDeploy")
    text = b"".join(client.web_apps.list_publishing_profile_xml_with_secrets(GROUP, "keyed", options))
    profile = ElementTree.fromstring(text).find("publishProfile")  # noqa: S314 - our own text
    assert profile is not None
    assert profile.attrib["userPWD"] == user.publishing_password
    client.web_apps.generate_new_site_publishing_password(GROUP, "keyed")
    renewed = client.web_apps.begin_list_publishing_credentials(GROUP, "keyed").result().properties
    assert renewed is not None
    assert renewed.publishing_password != user.publishing_password
    allowed = client.web_apps.get_scm_allowed(GROUP, "keyed").properties
    assert allowed is not None
    assert allowed.allow is True
    made = client.web_apps.create_or_update_host_secret(
        GROUP, "keyed", "functionkeys", "ci", KeyInfo(name="ci", value="value-of-ci")
    )
    assert made.value == "value-of-ci"
    keys = client.web_apps.list_host_keys(GROUP, "keyed")
    assert keys.master_key
    assert keys.function_keys is not None
    assert keys.function_keys["ci"] == "value-of-ci"
    client.web_apps.delete_host_secret(GROUP, "keyed", "functionkeys", "ci")
    after = client.web_apps.list_host_keys(GROUP, "keyed").function_keys
    assert after is not None
    assert "ci" not in after


def test_slots_are_made_swapped_and_deleted(client: WebSiteManagementClient, server: ServerProcess) -> None:
    client.web_apps.begin_create_or_update(GROUP, "swapped", site()).result()
    client.web_apps.begin_create_or_update_slot(GROUP, "swapped", "staging", site()).result()
    assert [one.name for one in client.web_apps.list_slots(GROUP, "swapped")] == ["swapped/staging"]
    names = SlotConfigNamesResource(properties=SlotConfigNames(app_setting_names=["COLOUR"]))
    client.web_apps.update_slot_configuration_names(GROUP, "swapped", names)
    kept = client.web_apps.list_slot_configuration_names(GROUP, "swapped").properties
    assert kept is not None
    assert kept.app_setting_names == ["COLOUR"]
    deploy(client, server, "swapped", "swapped", "Old")
    deploy(client, server, "swapped", "swapped-staging", "New")
    entity = CsmSlotEntity(target_slot="staging", preserve_vnet=True)
    client.web_apps.begin_swap_slot_with_production(GROUP, "swapped", entity).result()
    assert server.request("GET", "/api/hello?name=Ada", host="swapped.localhost").text == "New Ada"
    back = CsmSlotEntity(target_slot="production", preserve_vnet=True)
    client.web_apps.begin_swap_slot(GROUP, "swapped", "staging", back).result()
    assert server.request("GET", "/api/hello?name=Ada", host="swapped.localhost").text == "Old Ada"
    client.web_apps.delete_slot(GROUP, "swapped", "staging")
    assert list(client.web_apps.list_slots(GROUP, "swapped")) == []


def test_another_python_is_refused(client: WebSiteManagementClient, server: ServerProcess) -> None:
    other = "3.12" if OWN_PYTHON != "3.12" else "3.13"
    client.web_apps.begin_create_or_update(GROUP, "fixed", site()).result()
    with pytest.raises(HttpResponseError, match="keeps it") as refused:
        client.web_apps.begin_create_or_update(GROUP, "fixed", site(other)).result()
    assert refused.value.status_code == 409
    rules = SiteConfig(linux_fx_version=f"PYTHON|{other}")
    with pytest.raises(HttpResponseError, match="keeps it"):
        client.web_apps.update_configuration(GROUP, "fixed", SiteConfigResource(properties=rules))


def test_a_wrong_token_is_refused(server: ServerProcess, tmp_path: Path) -> None:
    with new_client(server, tmp_path, "fht_wrong") as wrong, pytest.raises(ClientAuthenticationError):
        wrong.web_apps.get(GROUP, "fixed")


def test_stacks_are_listed(client: WebSiteManagementClient) -> None:
    stacks = list(client.provider.get_function_app_stacks())
    assert [stack.name for stack in stacks] == ["python"]

"""A site as the management API shows it: on a dedicated Linux plan, for which clients upload to the SCM API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from funchost.platform.api.addresses import Addresses
from funchost.platform.api.arm.names import GROUP, GROUP_ID, LOCATION, PROVIDER, site_id, site_type
from funchost.platform.site import Site, SiteName

KIND = "functionapp,linux"
MIB = 1024 * 1024


def site_document(site: Site, addresses: Addresses, errors: Sequence[str] = ()) -> dict[str, object]:
    """Return the site's document.

    Args:
        errors: functions that do not run, and why changes do not serve.
    """
    name = site.name
    host, scm_host = addresses.host(name), addresses.scm_host(name)
    return {
        "id": site_id(name),
        "name": str(name),
        "type": site_type(name),
        "kind": KIND,
        "location": LOCATION,
        "tags": {},
        "properties": {
            "name": str(name),
            "state": "Running" if site.running else "Stopped",
            "hostNames": [host],
            "enabledHostNames": [host, scm_host],
            "defaultHostName": host,
            "repositorySiteName": name.app,
            "enabled": site.running,
            "adminEnabled": True,
            "usageState": "Normal",
            "availabilityState": "Normal",
            "hostNameSslStates": [_ssl_state(host, "Standard"), _ssl_state(scm_host, "Repository")],
            "serverFarmId": f"{GROUP_ID}/providers/{PROVIDER}/serverfarms/{GROUP}",
            "sku": "Standard",
            "reserved": True,
            "isXenon": False,
            "hyperV": False,
            "httpsOnly": False,
            "resourceGroup": GROUP,
            "lastModifiedTimeUtc": iso_time(site.created),
            "siteConfig": site_config(site),
            "funchost": {**_own_properties(site, addresses), "errors": list(errors)},
        },
    }


def site_config(site: Site) -> dict[str, object]:
    """Return ``config/web`` of a site."""
    return {
        "numberOfWorkers": 1,
        "netFrameworkVersion": "v4.0",
        "pythonVersion": "",
        "linuxFxVersion": linux_fx_version(site.python),
        "scmType": "None",
        "alwaysOn": site.scale.minimum > 0,
        "use32BitWorkerProcess": False,
        "webSocketsEnabled": False,
        "http20Enabled": False,
        "functionAppScaleLimit": site.scale.maximum,
        "minimumElasticInstanceCount": site.scale.minimum,
        "preWarmedInstanceCount": 0,
        "cors": {"allowedOrigins": list(site.cors.origins), "supportCredentials": site.cors.credentials},
        "limits": None if site.memory_limit is None else {"maxMemoryInMb": site.memory_limit // MIB},
    }


def linux_fx_version(python: str) -> str:
    return f"PYTHON|{python}"


def site_urls(site: Site, addresses: Addresses) -> list[str]:
    """Return the URLs of an app that work where it was asked for: by name, and by its own port."""
    urls = [addresses.url(site.name)]
    if site.port is not None:
        urls.append(f"{addresses.scheme}://{addresses.domain}:{site.port}")
    return urls


def iso_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def matches(site: SiteName, name: str) -> bool:
    """Return whether a client means this site by ``app`` or ``app/slot``, in any case."""
    return str(site) == name.lower()


def _own_properties(site: Site, addresses: Addresses) -> dict[str, object]:
    """Return what only this server's sites have."""
    return {
        "urls": site_urls(site, addresses),
        "port": site.port,
        "scmUrl": addresses.scm_url(site.name),
        "pythonVersion": site.python,
        "functionsVersion": site.functions_version,
        "version": site.version,
        "revision": site.revision,
    }


def _ssl_state(host: str, kind: str) -> dict[str, object]:
    return {"name": host, "sslState": "Disabled", "hostType": kind}

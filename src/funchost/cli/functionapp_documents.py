"""Sites and deployments as the commands print them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funchost.cli.functionapp_output import Columns

if TYPE_CHECKING:
    from funchost.deploy.client.scm import DeploymentRecord
    from funchost.deploy.client.site_resource import SiteResource

SITE_COLUMNS: Columns = {
    "Name": "name",
    "State": "state",
    "Python": "runtimeVersion",
    "Functions": "functionsVersion",
    "Url": "url",
}
DEPLOYMENT_COLUMNS: Columns = {
    "Id": "id",
    "Status": "status",
    "Active": "active",
    "Received": "received",
    "Author": "author",
    "Deployer": "deployer",
    "Message": "message",
}


def site_document(site: SiteResource, management_url: str) -> dict[str, object]:
    """Return what is shown of a site; its first address works on this machine."""
    from funchost.deploy.client.site_address import other_addresses, resolves, site_address

    url = site_address(site, management_url, resolves)
    return {
        "name": site.name,
        "state": site.state,
        "runtime": "python",
        "runtimeVersion": site.python,
        "functionsVersion": site.functions_version,
        "url": url,
        "otherUrls": list(other_addresses(site, url)),
        "defaultHostName": site.default_host_name,
        "location": site.location,
        "kind": site.kind,
        "version": site.version,
        "errors": list(site.errors),
        "id": site.id,
    }


def deployment_document(record: DeploymentRecord) -> dict[str, object]:
    """Return what is shown of a deployment."""
    return {
        "id": record.id,
        "status": record.status_name,
        "statusText": record.status_text,
        "active": record.active,
        "received": record.received,
        "ended": record.ended,
        "author": record.author,
        "deployer": record.deployer,
        "message": record.message,
    }

"""The publish profile: an XML file with which CI actions upload."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from funchost.platform.api.addresses import Addresses
from funchost.platform.site import SiteName

XML = (b"content-type", b"application/xml; charset=utf-8")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def publish_profile(site: SiteName, user: str, password: str, addresses: Addresses) -> bytes:
    """Return the profile of a site; readers want host and port in `publishUrl`."""
    host = addresses.scm_host(site)
    if ":" not in host:
        host += f":{_DEFAULT_PORTS.get(addresses.scheme, addresses.port)}"
    attributes = {
        "profileName": f"{site.label} - Zip Deploy",
        "publishMethod": "ZipDeploy",
        "publishUrl": host,
        "userName": user,
        "userPWD": password,
        "destinationAppUrl": addresses.url(site),
        "SQLServerDBConnectionString": "",
        "mySQLDBConnectionString": "",
        "hostingProviderForumLink": "",
        "controlPanelLink": "",
        "webSystem": "WebSites",
    }
    written = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())
    return f"<publishData><publishProfile {written}><databases /></publishProfile></publishData>".encode()

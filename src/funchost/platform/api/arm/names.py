"""Resource ids and types, as the management API writes them. There is one subscription and one resource group."""

from __future__ import annotations

from funchost.platform.site import SiteName

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
GROUP = "funchost"
LOCATION = "local"
PROVIDER = "Microsoft.Web"

SUBSCRIPTION_ID = f"/subscriptions/{SUBSCRIPTION}"
GROUP_ID = f"{SUBSCRIPTION_ID}/resourceGroups/{GROUP}"


def site_id(site: SiteName) -> str:
    own = f"{GROUP_ID}/providers/{PROVIDER}/sites/{site.app}"
    return own if site.slot is None else f"{own}/slots/{site.slot}"


def site_type(site: SiteName) -> str:
    return f"{PROVIDER}/sites" if site.slot is None else f"{PROVIDER}/sites/slots"


def part_of(site: SiteName, kind: str, name: str, properties: object) -> dict[str, object]:
    """Return the document of something below a site.

    Args:
        kind: ``config``, ``functions``.
        name: of the part.
        properties: what it holds.
    """
    return {
        "id": f"{site_id(site)}/{kind}/{name}",
        "name": f"{site}/{name}" if kind != "config" else name,
        "type": f"{site_type(site)}/{kind}",
        "location": LOCATION,
        "properties": properties,
    }

"""The publish profile: a file with which a pipeline may upload to one site, without the management calls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError, XMLParser

from funchost.deploy.client.credentials import Basic
from funchost.errors import FuncHostError

LARGEST = 1024 * 1024


@dataclass(frozen=True)
class PublishProfile:
    """What the file says.

    Args:
        scm_url: where packages go.
        credential: secret.
    """

    scm_url: str
    credential: Basic

    @property
    def host(self) -> str:
        return urlsplit(self.scm_url).hostname or ""


class _Elements:
    """Collects elements; a document type, with which files attack their readers, is refused."""

    def __init__(self) -> None:
        self.found: list[Element] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.found.append(Element(tag, attributes))

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise ValueError("it has a document type")

    def end(self, tag: str) -> None: ...

    def data(self, text: str) -> None: ...

    def close(self) -> list[Element]:
        return self.found


def read_publish_profile(path: Path) -> PublishProfile:
    """Return what a publish profile says.

    The way of method ``ZipDeploy`` is taken, else that of ``MSDeploy``, whose host and password are the same. The
    scheme is that of the app's address, since the upload address has none; port 443 always means https.

    Raises:
        FuncHostError: the file cannot be read or is none.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise FuncHostError(f"{path} is too large for a publish profile.")
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise FuncHostError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise FuncHostError(f"{path} is no publish profile: it is no UTF-8 text.") from error
    return parse_publish_profile(text, str(path))


def parse_publish_profile(text: str, source: str) -> PublishProfile:
    """Return what the text of a publish profile says; see read_publish_profile."""
    hint = "Get one with 'func functionapp deployment list-publishing-profiles', or from the portal."
    target = _Elements()
    parser = XMLParser(target=target)  # noqa: S314 - entities need a document type, which is refused
    try:
        parser.feed(text)
        parser.close()
    except (ParseError, ValueError) as error:
        raise FuncHostError(f"{source} is no publish profile: {error}.", hint=hint) from error
    ways = {one.get("publishMethod", "").lower(): one for one in target.found if one.tag == "publishProfile"}
    way = ways.get("zipdeploy")
    way = ways.get("msdeploy") if way is None else way
    if way is None or not way.get("publishUrl") or not way.get("userName"):
        raise FuncHostError(f"{source} holds no way to upload a zip file.", hint=hint)
    return PublishProfile(
        _scm_url(way.get("publishUrl", ""), way.get("destinationAppUrl", ""), source),
        Basic(way.get("userName", ""), way.get("userPWD", "")),
    )


def _scm_url(publish_url: str, app_url: str, source: str) -> str:
    host = publish_url.rpartition("//")[2].rstrip("/")
    try:
        parts = urlsplit(f"//{host}")
        port = parts.port
    except ValueError as error:
        raise FuncHostError(f"{source}: {publish_url!r} is no address.") from error
    if not parts.hostname or parts.path or parts.username:
        raise FuncHostError(f"{source}: {publish_url!r} is no address.")
    if port in (None, 443):
        return f"https://{parts.hostname}"
    scheme = "http" if port == 80 or urlsplit(app_url).scheme == "http" else "https"
    return f"{scheme}://{parts.hostname}" if port == 80 else f"{scheme}://{host}"

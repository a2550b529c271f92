"""Keys of a site, for the management calls; its instances use the same documents and see changes within seconds."""

from __future__ import annotations

from funchost.http.encrypted_key_files import EncryptedKeyFiles
from funchost.http.keys import KeyStore
from funchost.logs import HostLog
from funchost.platform.data_directory import DataDirectory
from funchost.platform.site import SiteName


def key_store(data: DataDirectory, site: SiteName, secret: bytes, log: HostLog) -> KeyStore:
    """Return the keys of a site.

    Args:
        secret: what the site's key documents are encrypted with, see Revision.keys_secret.
        log: told when documents cannot be read or written.
    """
    folder = data.keys(site)
    return KeyStore(folder, log, repository=EncryptedKeyFiles(folder, secret))

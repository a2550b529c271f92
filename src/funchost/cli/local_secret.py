"""The secret of the user who runs the tool, for encrypted local settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from funchost.settings import process_environment

if TYPE_CHECKING:
    from funchost.app.local_settings_secret import LocalSecret


def local_secret() -> LocalSecret:
    """Return the secret in the user's configuration folder; nothing is read before it is used."""
    from funchost.app.local_settings_secret import LocalSecret
    from funchost.deploy.client.servers_file import config_folder

    return LocalSecret(config_folder(process_environment(), Path.home()))

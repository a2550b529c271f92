"""The secret that local.settings.json is encrypted with: one for each user of a machine, in a file of theirs."""

from __future__ import annotations

import os
import stat
import tempfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from funchost.errors import ConfigError, FuncHostError

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

FILE_NAME = "local-settings.key"
MARK = "fernet:"
"""What encrypted values begin with, so that a value somebody wrote by hand can be told from one of another key."""


class UnreadableValueError(Exception):
    """A value is not one that this secret has encrypted; the text is a sentence that says what it is."""


class LocalSecret:
    """Encrypts and decrypts single values.

    Args:
        folder: the user's configuration folder; folder and key are made when something is encrypted first.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME

    def encrypt(self, text: str) -> str:
        """Return the text that stands for `text` in the file.

        Raises:
            FuncHostError: the key can neither be read nor made.
        """
        if not self.path.exists():
            self._make()
        return MARK + self._fernet.encrypt(text.encode()).decode("ascii")

    def decrypt(self, value: str) -> str:
        """Return what `value` stands for.

        Raises:
            UnreadableValueError: it is plain text, or was encrypted with another key.
            FuncHostError: the key cannot be read.
        """
        from cryptography.fernet import InvalidToken

        if not value.startswith(MARK):
            raise UnreadableValueError("The value is not encrypted by this tool, and the file says that all are.")
        if not self.path.exists():
            raise UnreadableValueError(f"The value is encrypted, and there is no key in {self.path}.")
        try:
            return self._fernet.decrypt(value.removeprefix(MARK).encode()).decode()
        except InvalidToken:
            raise UnreadableValueError(f"The value was encrypted with another key than that in {self.path}.") from None

    @cached_property
    def _fernet(self) -> Fernet:
        from cryptography.fernet import Fernet

        try:
            if stat.S_IMODE(self.path.stat().st_mode) & 0o077:
                # A copy or a careless umask must not leave the key open to the machine's other users.
                self.path.chmod(0o600)
            key = self.path.read_bytes().strip()
        except OSError as error:
            raise ConfigError(self.path, f"The key cannot be read: {error.strerror}.") from error
        try:
            return Fernet(key)
        except ValueError:
            raise ConfigError(
                self.path,
                "This is not a key for local settings.",
                hint="Restore the file; or delete it, and write encrypted settings anew with func settings add.",
            ) from None

    def _make(self) -> None:
        from cryptography.fernet import Fernet

        folder = self.path.parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # mkstemp makes the file with mode 0600.
            descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=f".{FILE_NAME}.")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(Fernet.generate_key() + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
                # A link, not a rename: of two processes that make a key at once the second takes the first one's.
                os.link(temporary, self.path)
            finally:
                Path(temporary).unlink()
        except FileExistsError:
            if not self.path.is_file():
                raise FuncHostError(f"{self.path} is not a file, and the key belongs there.") from None
        except OSError as error:
            raise FuncHostError(
                f"No key for local settings can be made in {folder}: {error.strerror or error}.",
                hint="FUNCHOST_CONFIG_DIR names another folder for it.",
            ) from error

"""The key file: three secrets of this installation, made once and never printed.

`keys.env` in the data folder holds NAME=value lines that the environment may override. Losing it makes stored tokens
unreadable, so back it up apart from the database.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet


def make_key_file(path: Path) -> None:
    """Write the key file with mode 0600 unless it is there. Two processes that start at once agree on one file."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        f"KOPILKA_SIGNING_KEY={secrets.token_urlsafe(48)}",
        f"KOPILKA_SECRET_KEYS={Fernet.generate_key().decode()}",
        f"KOPILKA_PEPPER={secrets.token_urlsafe(32)}",
    ]
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join(lines) + "\n")
        _give_name(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _give_name(draft: Path, path: Path) -> None:
    """A hard link fails when the name is taken: the first process wins and nobody reads half a file."""
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    except OSError:
        # A file system without hard links: the last process wins, in the moment of the very first start.
        os.replace(draft, path)

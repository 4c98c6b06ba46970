"""The key file: 32 random bytes, mode 0600, from which the keys of chain and vault are derived.

With ``$REVIEW_PASSPHRASE`` set when the file is made, the bytes lie wrapped (scrypt + AES-GCM) and the passphrase is
needed at each start. Losing the file or the passphrase loses the drafts; that is what encryption at rest means.
"""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from review.errors import IntegrityError


@dataclass(frozen=True, slots=True)
class Keys:
    """Derived keys; ``check`` tells a database which key file belongs to it."""

    chain: bytes = field(repr=False)
    vault: bytes = field(repr=False)
    check: str


def load_keys(path: Path) -> Keys:
    """Return the keys of the file, made anew if it does not exist yet; raises ``IntegrityError``."""
    passphrase = os.environ.get("REVIEW_PASSPHRASE", "")
    if not path.exists():
        _create(path, _pack(secrets.token_bytes(32), passphrase))
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise IntegrityError("密钥文件对他人可读，请先执行 chmod 600 再启动。")
    master = _unpack(path.read_text("ascii").strip(), passphrase)
    return Keys(_derive(master, b"chain"), _derive(master, b"vault"), _derive(master, b"check").hex())


def _create(path: Path, content: str) -> None:
    """Write the file whole or not at all; another process that was first wins."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"prepub-review/" + purpose).derive(master)


def _wrapping(passphrase: str, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase.encode()))


def _pack(master: bytes, passphrase: str) -> str:
    if not passphrase:
        return f"raw:{master.hex()}"
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    return f"scrypt:{salt.hex()}:{nonce.hex()}:{_wrapping(passphrase, salt).encrypt(nonce, master, None).hex()}"


def _unpack(content: str, passphrase: str) -> bytes:
    try:
        match content.split(":"):
            case ["raw", master]:
                return bytes.fromhex(master)
            case ["scrypt", salt, nonce, wrapped]:
                cipher = _wrapping(passphrase, bytes.fromhex(salt))
                return cipher.decrypt(bytes.fromhex(nonce), bytes.fromhex(wrapped), None)
    except InvalidTag:
        raise IntegrityError("密钥口令不正确或未设置（REVIEW_PASSPHRASE），无法打开数据。") from None
    except ValueError:
        pass
    raise IntegrityError("密钥文件损坏，无法打开数据。请从备份恢复密钥文件。")

"""Who may scan which folders, and who did. The scans themselves are run and read by ``review.batch``."""

from __future__ import annotations

import json
from pathlib import Path

from review import store
from review.casework.office import Office, require_office
from review.errors import InputError, PolicyError
from review.store import vault
from review.workflow import Step


def roots(office: Office) -> tuple[Path, ...]:
    """Return the folders below which scans may be started from the page, as the operator has set them."""
    return tuple(Path(root) for root in office.settings.scan_roots)


def allowed(office: Office, actor: str, folder: str) -> Path:
    """Return the folder that ``actor`` may scan, links resolved.

    Raises ``SeparationOfDuties`` without the role, ``PolicyError`` for a folder that the operator has not opened,
    ``InputError`` where there is no such folder.
    """
    require_office(office, actor, Step.SCAN)
    wanted = Path(folder.strip())
    if not wanted.is_absolute():
        raise InputError("请写出文件夹的完整路径，如 /srv/网站存量。")
    resolved = wanted.resolve()
    opened = roots(office)
    if not opened and not office.settings.single_user:
        raise PolicyError("管理员还没有指定可以扫描的文件夹：在 settings.toml 中设置 scan_roots 后重新启动。")
    if opened and not any(resolved.is_relative_to(root.resolve()) for root in opened):
        raise PolicyError("只能扫描管理员指定的文件夹及其下级：" + "、".join(map(str, opened)) + "。")
    if not resolved.is_dir():
        raise InputError("找不到这个文件夹，请核对路径。")
    return resolved


def reader(office: Office, actor: str) -> None:
    """Raise ``SeparationOfDuties`` unless ``actor`` may read what scans found."""
    require_office(office, actor, Step.SCAN_REPORT)


def on_record(office: Office, actor: str, kind: str, name: str, folder: str = "") -> None:
    """Put ``scan_started`` or ``scan_stopped`` on the audit chain; name and folder lie in the vault."""
    require_office(office, actor, Step.SCAN)
    said = json.dumps({"name": name, "folder": folder}, ensure_ascii=False).encode()
    with office.store.write() as tx:
        content = vault.put(office.store, tx, "", "scan", said)
        store.append(office.store, tx, case="", actor=actor, kind=kind, payload={"content": content})

"""``review app``: the web app on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from review import paths
from review.casework.office import load_settings
from review.errors import InputError

_LOCAL = ("127.0.0.1", "localhost", "::1")


def run(
    port: Annotated[int, typer.Option(help="端口。", min=1, max=65535)] = 8501,
    address: Annotated[str, typer.Option(help="监听地址；其他地址须先启用登录。")] = "127.0.0.1",
) -> None:
    """打开网页版：http://127.0.0.1:8501。

    例：review app　　review app --port 8600
    """
    import uvicorn

    entrance = Path(__file__).resolve().parents[2] / "app.py"
    if not entrance.is_file():
        raise InputError("找不到 app.py，请在项目文件夹里运行。")
    if address not in _LOCAL and load_settings(paths.home()).single_user:
        raise InputError(
            "单机模式不登录，只能在本机使用。多人使用请先 review user add，"
            "再在数据文件夹的 settings.toml 中设 single_user = false。"
        )
    typer.echo(f"正在打开：http://{address}:{port}　（Ctrl+C 结束）")
    uvicorn.run("app:app", host=address, port=port, app_dir=str(entrance.parent), log_level="warning")

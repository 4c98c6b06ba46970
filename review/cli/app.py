"""``review app``: the web app on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

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
    if address not in _LOCAL and os.environ.get("REVIEW_LOGIN") != "required":
        raise InputError("监听其他地址须启用登录：请先 review user add，再设 REVIEW_LOGIN=required。")
    os.environ.setdefault("REVIEW_ADDRESS", address)
    typer.echo(f"正在打开：http://{address}:{port}　（Ctrl+C 结束）")
    uvicorn.run("app:app", host=address, port=port, app_dir=str(entrance.parent), log_level="warning")

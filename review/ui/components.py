"""The browser components: raw HTML, CSS and JavaScript from ``assets``, no build step.

Nothing of a document is passed through Streamlit: the components fetch it from the REST interface and put it
on the page with ``textContent`` only.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_ASSETS = Path(__file__).resolve().parent / "assets"


def _read(*names: str) -> str:
    return "\n".join((_ASSETS / name).read_text("utf-8") for name in names)


review_pane = st.components.v2.component(
    "review_pane",
    html=_read("pane.html"),
    css=_read("pane.css"),
    js=_read("dom.js", "outbox.js", "sheet.js", "pages.js", "panel.js", "finish.js", "pane.js"),
)
intake = st.components.v2.component(
    "review_intake",
    html=_read("intake.html"),
    css=_read("intake.css"),
    js=_read("dom.js", "intake.js"),
)
table = st.components.v2.component(
    "review_table",
    html='<div class="tablebox"></div>',
    css=_read("table.css"),
    js=_read("dom.js", "table.js"),
)
account = st.components.v2.component(
    "review_account",
    html='<div class="account"></div>',
    css=_read("account.css"),
    js=_read("dom.js", "account.js"),
)

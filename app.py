"""The web app: one ASGI process with the pages (Streamlit), the REST interface, the login and the security headers.

Run ``review app``, ``streamlit run app.py`` or ``uvicorn app:app``.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from review import service

app = st.App(
    Path(__file__).resolve().parent / "review" / "ui" / "entry" / "main.py",
    routes=service.ROUTES,
    middleware=service.MIDDLEWARE,
    exception_handlers=service.EXCEPTION_HANDLERS,
    lifespan=service.lifespan,
)

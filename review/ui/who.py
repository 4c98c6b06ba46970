"""Who is looking at the page: the guard let them in, the session cookie says who they are."""

from __future__ import annotations

import streamlit as st

from review import casework
from review.casework import LOCAL, Office
from review.service import sessions
from review.service.guard import COOKIE
from review.workflow import Person


def person(office: Office) -> Person:
    """Return the person behind this browser session; stops the page when the session has ended."""
    name = LOCAL if office.settings.single_user else sessions.account(office, st.context.cookies.get(COOKIE, ""), "")
    if not name:
        st.warning("登录已过期，请重新登录。")
        st.link_button("登录", "/login")
        st.stop()
    return casework.person(office, name)

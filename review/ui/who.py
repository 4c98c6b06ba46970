"""Who is looking at the page: the guard let them in, the session cookie says who they are."""

from __future__ import annotations

import streamlit as st

from review import casework
from review.casework import LOCAL, Office
from review.service import sessions
from review.workflow import Person


def person(office: Office) -> Person:
    """Return the person behind this browser session; stops the page when the session has ended."""
    if office.settings.single_user:
        return casework.person(office, LOCAL)
    found = sessions.caller(office, st.context.cookies.get(sessions.COOKIE, ""), "")
    if found is None:
        st.warning("登录已过期，请重新登录。")
        st.link_button("登录", "/login")
        st.stop()
    return casework.person(office, found.name)

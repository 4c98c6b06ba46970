"""The pages by name, and the way from one to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st


def page_of(draw: Callable[[], None], title: str, path: str, *, first: bool = False) -> Any:
    """Return a navigation page. Its address is the English ``path``, its name the Chinese ``title``."""
    return st.Page(draw, title=title, url_path=path, default=first)


def open_case(case_id: str) -> None:
    """Show a case on the 审查 page."""
    from review.ui import reviewing

    st.session_state["case"] = case_id
    st.switch_page(page_of(reviewing.page, "审查", "review", first=True), query_params={"case": case_id})

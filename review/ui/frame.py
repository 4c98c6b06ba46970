"""The frame around every page: look and navigation."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from review.service import desk, words
from review.ui import components, counting, escalation, forbidden, ledger, reviewing, selfcheck, settings, training, who
from review.ui.goto import page_of

_ASSETS = Path(__file__).resolve().parent / "assets"


def draw() -> None:
    """Draw the frame and the chosen page."""
    st.set_page_config(page_title=words.PRODUCT, layout="wide", page_icon=str(_ASSETS / "icon.svg"))
    st.logo(str(_ASSETS / "logo.svg"), size="large")
    st.html(f"<style>{(_ASSETS / 'frame.css').read_text('utf-8')}</style>")
    pages = [
        page_of(reviewing.page, "审查", "review", first=True),
        page_of(selfcheck.page, "自查", "selfcheck"),
        page_of(ledger.page, "台账", "ledger"),
        page_of(escalation.page, "报请", "escalation"),
        page_of(counting.page, "统计", "statistics"),
        page_of(counting.inspection, "专项检查", "inspection"),
        page_of(forbidden.page, "负面清单", "negative"),
        page_of(training.page, "培训", "training"),
        page_of(settings.page, "设置", "settings"),
    ]
    office = desk.office()
    if not office.settings.single_user:
        me = who.person(office)
        components.account(
            key="account", data={"name": f"{me.display}（{'、'.join(role.label for role in sorted(me.roles))}）"}
        )
    st.navigation(pages, position="top").run()

"""负面清单: the office's own list of matters, each with its basis and review date. An entry can only raise a flag."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from review import casework, workflow
from review.casework import Office, Person, Step, negative
from review.casework.negative import Entry
from review.errors import InputError, ReviewError
from review.service import books, desk
from review.ui import components, views, who

_NEW = "新增条目"
_YEAR = timedelta(days=365)


def page() -> None:
    """Draw the list, the form for those who keep it, and every earlier version."""
    office = desk.office()
    me = who.person(office)
    st.subheader("负面清单", anchor=False)
    st.caption(
        "本单位不予公开的事项和本单位的词表（内部代号、未公开的项目名称等）。条目只会增加提示项，不会放过任何内容，也不作决定；清单之外的信息原则上应当公开。"
        "每条须有现行依据，复核日期距生效日期不超过一年。"
    )
    today, pack, people = books.today(), office.engine.pack, casework.names(office)
    versions = negative.newest(office)
    components.table(key="negative", data=views.negative_table(versions, pack, people, today))
    if workflow.may(me, Step.NEGATIVE_LIST, None):
        _form(office, me, {version.entry.id: version.entry for version in versions}, today)
    with st.expander("全部版本"):
        components.table(key="versions", data=views.negative_table(negative.history(office), pack, people, today))


def _form(office: Office, me: Person, known: dict[str, Entry], today: date) -> None:
    st.subheader("维护", anchor=False)
    chosen = st.selectbox("条目", ["", *known], format_func=lambda key: known[key].matter if key else _NEW)
    old = known.get(chosen)
    pack = office.engine.pack
    with st.form(f"negative-{chosen}-{len(known)}", border=False):
        matter = st.text_input("信息事项", value=old.matter if old else "")
        kinds = views.list_types(pack)
        first = old.type if old else negative.USUAL
        kind = st.selectbox(
            "提示项类型",
            kinds,
            index=kinds.index(first) if first in kinds else 0,
            format_func=lambda code: pack.types.get(code, code),
        )
        terms = st.text_input("提示词（文稿里出现就提示，用顿号分开）", value="、".join(old.terms) if old else "")
        basis = st.multiselect(
            "法律依据",
            views.provision_choices(pack),
            default=[key for key in old.basis if key in views.provision_choices(pack)] if old else [],
            format_func=lambda key: pack.provisions[key].citation,
            placeholder="请选择",
        )
        unit = st.text_input("核实单位", value=old.office if old else me.unit)
        public_when = st.text_input("可以公开的条件（可不填）", value=old.public_when if old else "")
        since, until, again = st.columns(3)
        days = (
            since.text_input("生效日期", value=(old.valid_from if old else today).isoformat()),
            until.text_input("失效日期", value=(old.valid_to if old else today + _YEAR).isoformat()),
            again.text_input("复核日期", value=(old.review_by if old else today + _YEAR).isoformat()),
        )
        if st.form_submit_button("保存", type="primary"):
            try:
                valid_from, valid_to, review_by = _days(days)
                entry = Entry(
                    matter=matter.strip(),
                    terms=tuple(word.strip() for word in terms.split("、") if word.strip()),
                    basis=tuple(basis),
                    office=unit.strip(),
                    valid_from=valid_from,
                    valid_to=valid_to,
                    review_by=review_by,
                    public_when=public_when.strip(),
                    type=kind,
                    id=chosen,
                )
                negative.save(office, me.name, entry)
            except ReviewError as error:
                st.error(str(error))
            else:
                st.rerun()


def _days(written: tuple[str, ...]) -> tuple[date, date, date]:
    try:
        first, last, again = (date.fromisoformat(words.strip()) for words in written)
    except ValueError:
        raise InputError("日期应写作 2026-11-21 的形式。") from None
    return first, last, again

"""培训: practise on the built-in fictional drafts, with the reason and the law behind each answer."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from review import casework, paths
from review.service import desk
from review.ui import components, practice, views, who


def page() -> None:
    """Draw one draft as questions, then the score."""
    office = desk.office()
    me = who.person(office)
    st.subheader("教育培训：这一段能公开吗", anchor=False)
    st.caption("文稿均为虚构。逐段判断能否公开，提交后给出理由和依据。误放和误拦都算错。")
    folder = paths.SAMPLES / "source"
    drafts = {path: practice.header(path.read_text("utf-8")).get("title", path.stem) for path in _drafts(folder)}
    if not drafts:
        st.text("没有找到练习文稿。")
        return
    chosen: Path = st.selectbox("练习文稿", list(drafts), format_func=lambda path: drafts[path])
    questions = practice.questions(chosen.read_text("utf-8"))
    with st.form(f"practice-{chosen.stem}"):
        given = []
        for number, question in enumerate(questions, 1):
            st.text(f"{number}. {question.text}")
            given.append(
                st.radio(
                    f"第 {number} 段",
                    practice.ANSWERS,
                    index=None,
                    horizontal=True,
                    label_visibility="collapsed",
                    key=f"{chosen.stem}-{number}",
                )
            )
        sent = st.form_submit_button("提交答案", type="primary")
    if sent:
        _marked(office, me, chosen, questions, given)
    st.subheader("练习记录", anchor=False)
    record = casework.drills(office, me.name)
    components.table(key="drills", data=views.drill_table(record, casework.names(office)))


def _marked(
    office: casework.Office,
    me: casework.Person,
    draft: Path,
    questions: tuple[practice.Question, ...],
    given: list[str | None],
) -> None:
    """Show the score with the reasons, and put it on record."""
    right = sum(answer == question.answer for answer, question in zip(given, questions, strict=True))
    casework.practised(office, me.name, draft.stem, right, len(questions))
    st.success(f"答对 {right} 段，共 {len(questions)} 段，得分 {round(100 * right / len(questions))} 分。")
    for number, (answer, question) in enumerate(zip(given, questions, strict=True), 1):
        verdict = "正确" if answer == question.answer else f"应为“{question.answer}”"
        st.text(f"第 {number} 段：{verdict}。{practice.explanation(question, office.engine.pack)}")


def _drafts(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.txt")) if folder.is_dir() else []

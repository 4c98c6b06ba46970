"""专项检查, the scans: start one, watch it, stop it, read what it found. Each runs as a process of its own."""

from __future__ import annotations

from collections.abc import Callable

import altair as alt
import streamlit as st

from review import workflow
from review.batch import reporting
from review.batch.control import Standing
from review.casework import Office
from review.casework.scanning import roots
from review.errors import ReviewError
from review.service import desk, scanning
from review.service.scanning import Wish
from review.ui import components, scan_figures, views, who
from review.workflow import WAYS, Person, Step

_EVERY = 2  # seconds between two looks at a running scan
_COLOURS = alt.Scale(domain=["停止", "高", "中"], range=["#8e0000", "#c8553d", "#d9a441"])
_FILES = {reporting.PAGE: "打开报告", reporting.BOOK: "下载表格（xlsx）", reporting.LINES: "下载明细（jsonl）"}


def draw(office: Office, me: Person) -> None:
    """Draw the form for those who may scan, and every scan for those who may read its report."""
    if not workflow.may(me, Step.SCAN_REPORT, None):
        st.info("整批扫描由保密审查员办理，结果由保密审查员和分管领导查看。")
        return
    if workflow.may(me, Step.SCAN, None):
        _form(office, me)
    try:
        running = any(standing.running for standing in scanning.standings(office, me.name))
    except ReviewError as error:
        st.error(str(error))
        return
    st.fragment(_list, run_every=_EVERY if running else None)(running)


def _form(office: Office, me: Person) -> None:
    opened = [str(root) for root in roots(office)]
    if not opened and not office.settings.single_user:
        st.info("管理员还没有指定可以扫描的文件夹：在 settings.toml 中设置 scan_roots 后重新启动。")
        return
    with st.form("scan", border=True):
        left, right = st.columns([3, 2])
        with left:
            root = st.selectbox("文件夹", opened) if opened else ""
            label = "其中的下级文件夹（可不填）" if opened else "文件夹（完整路径，如 /srv/网站存量）"
            below = st.text_input(label, key="scan-folder")
        name = right.text_input("扫描名（同名再扫只查新增和改动的文件）", key="scan-name")
        targets = dict(views.target_choices(WAYS))
        target = right.selectbox("拟公开方式", list(targets), format_func=lambda key: targets[key])
        sample = left.number_input("抽样复核（随机抽出多少件没有提示的文件）", 0, 10_000, 0, step=50)
        retry = right.checkbox("上次未能检查的文件再试一次")
        if st.form_submit_button("开始扫描", type="primary"):
            folder = f"{root}/{below.strip().strip('/')}" if root and below.strip() else root or below
            _do(lambda: scanning.start(office, me.name, Wish(name, folder, target, int(sample), retry)))
    st.caption("扫描在后台单独运行，可以关闭网页；重新启动本系统也不影响它。只读文件，不改动、不上传。")


def _do(change: Callable[[], None]) -> None:
    try:
        with st.spinner("请稍候…"):
            change()
    except ReviewError as error:
        st.error(str(error))
    else:
        st.rerun()


def _list(watched: bool) -> None:
    """Draw every scan. While one runs this part alone is drawn again; at its end the whole page."""
    office = desk.office()
    me = who.person(office)
    try:
        found = scanning.standings(office, me.name)
    except ReviewError as error:
        st.error(str(error))
        return
    if watched and not any(standing.running for standing in found):
        st.rerun()
    if not found:
        st.info("还没有扫描过。")
    for number, standing in enumerate(found):
        with st.container(border=True):
            _one(office, me, standing, opened=number == 0)


def _one(office: Office, me: Person, standing: Standing, *, opened: bool) -> None:
    scan = standing.scan
    head, button = st.columns([5, 1])
    head.markdown(f"**{scan.name.replace('_', chr(92) + '_')}**")
    head.text(scan_figures.heading(standing))
    if workflow.may(me, Step.SCAN, None):
        if standing.running:
            if button.button("停止", key=f"stop-{scan.name}", width="stretch"):
                _do(lambda: scanning.stop(office, me.name, scan.name))
        elif button.button("再次扫描" if scan.ended else "继续", key=f"again-{scan.name}", width="stretch"):
            _do(lambda: scanning.again(office, me.name, standing))
    share, line = scan_figures.progress(standing)
    st.progress(share, text=line)
    found = scanning.figures(office, me.name, scan.name)
    if found is None:
        return
    st.text(scan_figures.sentence(found))
    links = st.columns(len(_FILES))
    for column, (file, title) in zip(links, _FILES.items(), strict=True):
        column.link_button(title, scanning.link(scan.name, file), width="stretch")
    with st.expander("按单位和类型", expanded=opened and not standing.running):
        left, right = st.columns(2)
        with left:
            components.table(key=f"units-{scan.name}", data=scan_figures.unit_table(found))
        with right:
            bars = scan_figures.unit_bars(found)
            if bars:
                _chart(bars)
            components.table(key=f"kinds-{scan.name}", data=scan_figures.kind_table(found))
    with st.expander("人工抽样复核：估计漏检率"):
        st.caption("随机抽出没有须处理提示的文件（开始扫描时填抽样件数，名单在报告里），逐件人工查看后在这里填结果。")
        left, right = st.columns(2)
        looked = left.number_input("复核件数", 0, step=1, key=f"looked-{scan.name}")
        missed = right.number_input("其中发现漏检的件数", 0, step=1, key=f"missed-{scan.name}")
        st.text(scan_figures.quality(found, int(looked), int(missed)))


def _chart(bars: list[dict[str, object]]) -> None:
    chart = (
        alt.Chart(alt.InlineData(values=bars), title="提示项，按单位")
        .mark_bar()
        .encode(
            y=alt.Y("单位:N", sort="-x", title=None, axis=alt.Axis(labelLimit=200)),
            x=alt.X("sum(提示项):Q", title="提示项", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("等级:N", scale=_COLOURS, legend=alt.Legend(orient="bottom")),
        )
    )
    st.altair_chart(chart.properties(usermeta={"embedOptions": {"actions": False}}), width="stretch")

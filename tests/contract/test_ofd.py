"""OFD: every text is read, what is cut is gone with its glyphs, what is shown stays, others can read the copy."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from review import formats
from review.errors import CorruptDocument, EncryptedDocument
from review.formats.ofd import FORMAT
from review.redaction import expected, squeeze, verify
from review.types import Cut, Zone
from tests.contract import office
from tests.corpus import make_ofd
from tests.corpus.make_ofd import page, small, text
from tests.corpus.nasty import Nasty

SAMPLES = sorted(office.SAMPLES.glob("*.ofd"))


@pytest.fixture(scope="module")
def nasty() -> Nasty:
    return make_ofd.build()


@pytest.fixture(scope="module")
def copy(nasty: Nasty) -> bytes:
    return erased(nasty.data, nasty.secrets.values())


def erased(data: bytes, values: Iterable[str]) -> bytes:
    """Cut all the values, prove the copy as a publication is proved, and return it."""
    reading = FORMAT.read(data)
    cuts = office.cuts_for(reading, values)
    copy = FORMAT.erase(data, reading, cuts).data
    prove(data, copy, cuts, list(values))
    assert FORMAT.erase(data, reading, cuts).data == copy, "not deterministic"
    return copy


def prove(data: bytes, copy: bytes, cuts: list[Cut], gone: list[str]) -> None:
    again = FORMAT.read(copy)
    office.assert_well_formed(again)
    planned = expected(FORMAT.read(data), cuts, FORMAT)
    checks = verify(planned=planned, found=again, witness=FORMAT.witness(copy), gone=gone, format_=FORMAT)
    assert [check for check in checks if not check["passed"]] == []


def shapes(data: bytes, part: str) -> int:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(part).count(b"<ofd:PathObject")


def one_page(*objects: str) -> bytes:
    return make_ofd.pack(small(page("".join(objects))))


class TestHidingPlaces:
    def test_enough_places(self, nasty: Nasty) -> None:
        assert len(nasty.secrets) >= 50

    def test_every_secret_is_read(self, nasty: Nasty) -> None:
        office.assert_reads_everything(FORMAT, nasty)

    def test_nothing_survives(self, copy: bytes, nasty: Nasty) -> None:
        assert office.raw_leaks(copy, nasty.secrets.values()) == set()
        pile = squeeze("".join(FORMAT.witness(copy).residue))
        assert {place for place, value in nasty.secrets.items() if value in pile} == set()

    def test_harmless_text_survives(self, copy: bytes, nasty: Nasty) -> None:
        seen = office.visible(FORMAT.read(copy))
        assert [words for words in nasty.harmless if words not in seen] == []

    def test_without_cuts_the_pages_stay(self, nasty: Nasty) -> None:
        office.assert_keeps_all(FORMAT, nasty.data)

    def test_hidden_text_goes_without_any_cut(self, nasty: Nasty) -> None:
        bare = FORMAT.erase(nasty.data, FORMAT.read(nasty.data), ()).data
        assert office.raw_leaks(bare, [*nasty.hidden.values(), *nasty.nested.values()]) == set()

    def test_notices_name_what_was_dropped(self, nasty: Nasty) -> None:
        notices = "".join(FORMAT.erase(nasty.data, FORMAT.read(nasty.data), ()).notices)
        for word in ("签名", "注释", "标引", "附件", "大纲", "文档属性", "历史版本", "扩展", "看不见"):
            assert word in notices
        assert [value for value in nasty.secrets.values() if value in notices] == []

    def test_zones(self, nasty: Nasty) -> None:
        reading = FORMAT.read(nasty.data)
        for place, zone in {
            "批注外观": Zone.COMMENT,
            "作者": Zone.METADATA,
            "大纲": Zone.HIDDEN,
            "模板": Zone.BODY,
        }.items():
            assert office.zones_of(reading, nasty.secrets[place]) == {zone}


class TestFonts:
    def test_only_glyphs_that_are_still_shown_are_left(self, copy: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(copy)) as archive:
            fonts = [TTFont(io.BytesIO(archive.read(n))) for n in archive.namelist() if n.endswith(".ttf")]
        assert [font.getBestCmap().keys() for font in fonts] == [{ord(char) for char in "各单位认真落实"}]
        drawn = [name for name in fonts[0].getGlyphOrder() if fonts[0]["glyf"][name].numberOfContours]
        assert len(drawn) == 1 + len("各单位认真落实")

    def test_glyph_numbers_of_what_stays_are_kept(self, copy: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(copy)) as archive:
            first = archive.read("Doc_0/Pages/Page_0/Content.xml").decode()
        assert first.count("<ofd:CGTransform") == 1
        assert 'CodePosition="0" CodeCount="7"' in first

    def test_a_damaged_font_is_dropped_with_a_notice(self) -> None:
        files = small(page(text(20, "张三丰收", attributes=' Font="4"')), resources='<ofd:Fonts><ofd:Font ID="4" '
                      'FontName="Square"><ofd:FontFile>f.ttf</ofd:FontFile></ofd:Font></ofd:Fonts>')  # fmt: skip
        files["Doc_0/Res/f.ttf"] = b"\x00\x01\x00\x00" + "张三".encode("utf-16-be") * 20
        data = make_ofd.pack(files)
        reading = FORMAT.read(data)
        result = FORMAT.erase(data, reading, office.cuts_for(reading, ["张三"]))
        assert any("字体" in notice for notice in result.notices)
        assert office.raw_leaks(result.data, ["张三"]) == set()


class TestSharing:
    def test_a_template_cut_on_one_page_stays_whole_on_the_other(self) -> None:
        use = '<ofd:Template TemplateID="50"/>'
        pages = [page(text(30, f"第{k}页的内容"), before=use) for k in "一二"]
        data = make_ofd.pack(small(*pages, templates=[page(text(15, "共用张三模板"))]))
        reading = FORMAT.read(data)
        cuts = office.cuts_for(reading, ["张三"])
        assert len(cuts) == 2
        copy = FORMAT.erase(data, reading, cuts[:1]).data
        assert squeeze(office.source(FORMAT.read(copy))).startswith("共用模板第一页的内容共用张三模板第二页的内容")
        prove(data, copy, cuts[:1], [])
        both = erased(data, ["张三"])
        assert office.raw_leaks(both, ["张三"]) == set()
        with zipfile.ZipFile(io.BytesIO(both)) as archive:
            assert sum(name.startswith("Doc_0/Tpls/") for name in archive.namelist()) == 1

    def test_a_composite_drawn_twice_can_be_cut_once(self) -> None:
        unit = (
            '<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="40" Width="90" Height="9"><ofd:Content>'
            f"{text(5, '甲乙丙', x=0)}</ofd:Content></ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>"
        )
        use = '<ofd:CompositeObject ID="7" ResourceID="40" Boundary="20 {} 90 9"/>'
        data = make_ofd.pack(small(page(use.format(20) + use.format(40)), resources=unit))
        reading = FORMAT.read(data)
        copy = FORMAT.erase(data, reading, office.cuts_for(reading, ["乙"])[:1]).data
        assert squeeze(office.visible(FORMAT.read(copy))) == "甲丙甲乙丙"


class TestCuts:
    def test_what_stays_keeps_its_place(self) -> None:
        data = one_page(text(20, "姓名张三性别男"))
        reading = FORMAT.read(data)
        before = dict(zip(reading.runs[0].text, reading.runs[0].boxes, strict=True))
        copy = FORMAT.read(erased(data, ["张三"]))
        for run in copy.runs:
            for char, box in zip(run.text, run.boxes, strict=False):
                assert (box.x0, box.y0) == pytest.approx((before[char].x0, before[char].y0), abs=0.01)

    def test_boxes_are_points_from_the_bottom_left(self) -> None:
        box = FORMAT.read(one_page(text(20, "甲乙", x=30))).runs[0].boxes[0]
        assert box.x0 == pytest.approx(30 * 72 / 25.4)
        assert box.y0 < (297 - 20) * 72 / 25.4 < box.y1

    def test_a_black_box_stands_in_its_place(self) -> None:
        copy = erased(one_page(text(20, "姓名张三性别男")), ["张三"])
        assert shapes(copy, "Doc_0/Pages/Page_0/Content.xml") == 1

    def test_values_in_separate_objects_read_as_one(self) -> None:
        data = one_page(make_ofd.one_by_one(20, "身份证110101"))
        assert office.source(FORMAT.read(data)).startswith("身份证110101")


class TestUnseen:
    def test_a_box_over_live_text_hides_it(self) -> None:
        lid = (
            '<ofd:PathObject ID="4" Boundary="20 14 60 10" Fill="true"><ofd:FillColor Value="0 0 0"/>'
            "<ofd:AbbreviatedData>M 0 0 L 60 0 L 60 10 L 0 10 C</ofd:AbbreviatedData></ofd:PathObject>"
        )
        data = one_page(text(20, "张三") + lid + text(40, "李四"))
        assert office.zones_of(FORMAT.read(data), "张三") == {Zone.HIDDEN}
        copy = FORMAT.erase(data, FORMAT.read(data), ()).data
        assert office.raw_leaks(copy, ["张三"]) == set()
        assert "李四" in office.visible(FORMAT.read(copy))
        under = one_page(lid + text(20, "张三"))
        assert office.zones_of(FORMAT.read(under), "张三") == {Zone.BODY}

    def test_a_comment_does_not_cut_a_text_short(self) -> None:
        data = make_ofd.pack(small(page(text(20, "姓名张三")).replace("张三", "张<!-- 隔断 -->三")))
        reading = FORMAT.read(data)
        assert office.visible(reading) == "姓名张三"
        assert office.zones_of(reading, "隔断") == {Zone.METADATA}
        assert office.raw_leaks(erased(data, ["张三"]), ["张", "隔断"]) == set()

    def test_our_own_boxes_hide_nothing(self) -> None:
        once = erased(one_page(text(20, "姓名张三性别男电话")), ["张三"])
        assert squeeze(office.visible(FORMAT.read(once))) == "姓名性别男电话"


class TestGaps:
    def test_a_page_of_outlines(self) -> None:
        data = "<ofd:AbbreviatedData>M 0 0 B 1 1 2 2 3 3</ofd:AbbreviatedData>"
        path = f'<ofd:PathObject ID="4" Boundary="0 0 9 9">{data}</ofd:PathObject>'
        gaps = FORMAT.read(make_ofd.pack(small(page(text(20, "有字")), page(path)))).gaps
        assert [gap.part for gap in gaps] == ["第2页"]

    def test_characters_without_a_code(self) -> None:
        gaps = FORMAT.read(one_page(text(20, "\ue001\ue002\ue003\ue004\ue005"))).gaps
        assert any("编码" in gap.reason for gap in gaps)

    def test_a_picture_of_unknown_kind(self) -> None:
        entry = '<ofd:MultiMedia ID="8" Type="Image"><ofd:MediaFile>a.jb2</ofd:MediaFile></ofd:MultiMedia>'
        media = f"<ofd:MultiMedias>{entry}</ofd:MultiMedias>"
        image = '<ofd:ImageObject ID="5" ResourceID="8" Boundary="0 0 90 90"/>'
        files = small(page(text(20, "有字") + image), resources=media)
        files["Doc_0/Res/a.jb2"] = b"\x97JB2\r\n\x1a\n"
        assert any("图片" in gap.reason for gap in FORMAT.read(make_ofd.pack(files)).gaps)


class TestPictures:
    def test_pictures_are_handed_on_under_their_new_names(self, nasty: Nasty, copy: bytes) -> None:
        kept = [item.part for item in FORMAT.read(nasty.data).embedded if item.kept]
        assert kept == ["Doc_0/Res/Image_1.png"]
        assert [item.part for item in FORMAT.read(copy).embedded] == kept

    def test_a_cleaned_picture_is_put_back(self, copy: bytes) -> None:
        out = io.BytesIO()
        Image.new("RGB", (60, 40), "black").save(out, "PNG")
        assert FORMAT.put is not None
        data = FORMAT.put(copy, {"Doc_0/Res/Image_1.png": out.getvalue()})
        assert FORMAT.read(data).embedded[0].data == out.getvalue()
        with pytest.raises(CorruptDocument):
            FORMAT.put(copy, {"Doc_0/Res/Image_9.png": out.getvalue()})


class TestOtherReaders:
    def test_ofdkit_reads_the_same(self, copy: bytes) -> None:
        ofdkit = pytest.importorskip("ofdkit", reason="ofdkit is not installed")
        with ofdkit.open(copy) as document:
            words = document.text()
        seen = Counter(squeeze(office.visible(FORMAT.read(copy))))
        missing = seen - Counter(squeeze(words))
        assert missing.total() == 0

    @pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
    def test_samples(self, path: Path) -> None:
        data = path.read_bytes()
        assert formats.identify(data, path.name) is FORMAT
        own = FORMAT.read(data)
        plain = office.assert_keeps_all(FORMAT, data)
        prove(data, plain, [], [])
        run = next(k for k, run in enumerate(own.runs) if run.at and len(run.text) > 3)
        cut = Cut(run, 1, 3)
        result = FORMAT.erase(data, own, [cut]).data
        prove(data, result, [cut], [own.runs[run].text[1:3]])
        ofdkit = pytest.importorskip("ofdkit", reason="ofdkit is not installed")
        with ofdkit.open(result) as document:
            assert squeeze(office.visible(own))[:1] in document.text()

    def test_there_are_samples(self) -> None:
        if not office.SAMPLES.exists():
            pytest.skip("no shared samples")
        assert len(SAMPLES) >= 10


class TestRefusals:
    def test_sniff(self, nasty: Nasty) -> None:
        assert formats.identify(nasty.data, "x.bin") is FORMAT
        assert FORMAT.sniff(b"PK\x03\x04 cut off", ".ofd")
        assert not FORMAT.sniff(b"PK\x03\x04 cut off", ".docx")
        assert FORMAT.sniff(make_ofd.pack({"ofd.XML": "<OFD/>"}), ".zip")

    def test_truncated(self, nasty: Nasty) -> None:
        with pytest.raises(CorruptDocument):
            FORMAT.read(nasty.data[: len(nasty.data) // 3])

    def test_no_pages(self) -> None:
        with pytest.raises(CorruptDocument, match="没有页面"):
            FORMAT.read(make_ofd.pack(small()))

    def test_missing_page(self) -> None:
        files = small(page(text(20, "甲")))
        del files["Doc_0/Pages/P0.xml"]
        with pytest.raises(CorruptDocument, match="页面"):
            FORMAT.read(make_ofd.pack(files))

    def test_broken_page(self) -> None:
        with pytest.raises(CorruptDocument):
            FORMAT.read(make_ofd.pack(small("<ofd:Page><unclosed>")))

    def test_doctype(self) -> None:
        with pytest.raises(CorruptDocument, match="DOCTYPE"):
            FORMAT.read(make_ofd.pack(small('<!DOCTYPE a [<!ENTITY b "c">]>' + page(text(20, "甲"))[38:])))

    def test_encrypted(self) -> None:
        files = small(page(text(20, "甲"))) | {"Encryptions.xml": "<x/>"}
        with pytest.raises(EncryptedDocument):
            FORMAT.read(make_ofd.pack(files))

    def test_a_composite_that_draws_itself_ends(self) -> None:
        unit = (
            '<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="40"><ofd:Content><ofd:CompositeObject ID="1" '
            f'ResourceID="40" Boundary="0 0 9 9"/>{text(5, "甲", x=0)}</ofd:Content></ofd:CompositeGraphicUnit>'
            "</ofd:CompositeGraphicUnits>"
        )
        use = '<ofd:CompositeObject ID="7" ResourceID="40" Boundary="20 20 90 9"/>'
        assert "甲" in office.source(FORMAT.read(make_ofd.pack(small(page(use), resources=unit))))

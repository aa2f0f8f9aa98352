from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from approvals.models import Evidence, PhotoUse
from config.demo.photos import photo, picture
from organizations.policies import Refused
from projects.models import Project
from publicity.models import Notice, Posting, TakeDown
from publicity.services import record_take_down
from tests import factories as make
from tests.approvals.test_evidence import PDF, jpeg
from tests.cast import Cast
from tests.projects.pages import enter, read, send
from tests.publicity.hanging import (
    awaited_project,
    post,
    posted,
    posting_input,
    published,
)


def image(words: str = "同一张") -> SimpleUploadedFile:
    return photo(words)


def test_a_posting_needs_nothing_but_its_form(client: Client, cast: Cast) -> None:
    notice = published(cast)
    url = f"/notices/{notice.pk}/postings/new/"
    enter(client, cast, "village_cadre")
    assert 'enctype="multipart/form-data"' in read(client, url)
    far = SimpleUploadedFile("远景.JPG", jpeg(7, 5))
    send(client, url, posting_input(far_photo=far))
    posting = Posting.objects.get()
    assert posting.ends_on == make.today() + dt.timedelta(days=10)
    photos = Evidence.objects.filter(sha256__in=[posting.near_photo, posting.far_photo])
    assert {p.content_type for p in photos} == {"image/png", "image/jpeg"}
    assert all(p.path.exists() for p in photos)
    uses = PhotoUse.objects.filter(subject_type="projects.project", subject_id=notice.subject_id)
    shown = {use.shown_for for use in uses.filter(sha256__in=[p.sha256 for p in photos])}
    assert shown == {f"公示 {notice.number} 第1版 村委会公示栏"}
    page = read(client, notice.get_absolute_url())
    assert f"/evidence/{photos[0].pk}/" in page and "公示中" in page
    assert f"公示期至 {posting.ends_on.year}年" in read(client, f"/notices/{notice.pk}/print/")


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"posted_on": "2099-01-01"}, "posted_on", "在今天之后"),
        ({"place": ""}, "place", "必填"),
        ({"place": "电话13800138000"}, "place", "个人信息"),
        ({"poster_unit": ""}, "poster_unit", "必填"),
        ({"near_photo": ""}, "near_photo", "必填"),
        ({"far_photo": SimpleUploadedFile("纪要.pdf", PDF)}, "far_photo", "不是照片"),
        ({"far_photo": SimpleUploadedFile("图.png", b"<svg>")}, "far_photo", "内容与扩展名不符"),
        ({"far_photo": SimpleUploadedFile("图.gif", b"GIF89a")}, "far_photo", "不能上传"),
        ({"near_photo": SimpleUploadedFile("空.png", b"")}, "near_photo", "空"),
    ],
)  # fmt: skip
def test_bad_input_is_answered_at_its_field(
    client: Client, cast: Cast, changes: dict[str, Any], field: str, words: str
) -> None:
    notice, kept = published(cast), Evidence.objects.count()
    enter(client, cast, "village_cadre")
    response = client.post(f"/notices/{notice.pk}/postings/new/", posting_input(**changes))
    assert words in " ".join(response.context["form"].errors[field])
    assert 'value="下岔河村村民委员会"' in response.content.decode() or field == "poster_unit"
    assert not Posting.objects.exists() and Evidence.objects.count() == kept


def test_nothing_hangs_before_it_is_published(client: Client, cast: Cast) -> None:
    notice = published(cast)
    yesterday = make.today() - dt.timedelta(days=1)
    url = f"/notices/{notice.pk}/postings/new/"
    page = send(enter(client, cast, "village_cadre"), url, posting_input(posted_on=yesterday), 409)
    assert f"须在发布之日 {make.today()} 至今天之间" in page
    assert not Posting.objects.exists()


def test_one_photo_is_not_near_and_far(client: Client, cast: Cast) -> None:
    url, used = f"/notices/{published(cast).pk}/postings/new/", PhotoUse.objects.count()
    same = posting_input(near_photo=image(), far_photo=image())
    assert "同一张照片选了两次" in send(enter(client, cast, "village_cadre"), url, same, 409)
    assert not Posting.objects.exists() and PhotoUse.objects.count() == used


@pytest.mark.parametrize("side", ["near_photo", "far_photo"])
def test_a_photo_of_another_posting_proves_nothing(client: Client, cast: Cast, side: str) -> None:
    first = published(cast)
    post(cast, first, near_photo=image())
    url = f"/notices/{published(cast).pk}/postings/new/"
    page = send(enter(client, cast, "village_cadre"), url, posting_input(**{side: image()}), 409)
    assert f"同一张照片已于 {make.today()} 用于“公示 {first.number} 第1版 村委会公示栏”" in page
    assert Posting.objects.count() == 1


def test_renamed_it_is_still_the_same_photo(cast: Cast) -> None:
    post(cast, published(cast), near_photo=image())
    renamed = SimpleUploadedFile("另取的名字.png", picture("同一张"))
    with pytest.raises(Refused, match="同一张照片"):
        post(cast, published(cast), near_photo=renamed)


def test_a_notice_hangs_at_several_places_but_once_at_each(cast: Cast) -> None:
    notice = published(cast, days_ago=3)
    post(cast, notice, 3)
    post(cast, notice, 1, place="一组文化广场")
    notice = Notice.objects.get(pk=notice.pk)
    assert notice.ends_on == make.today() + dt.timedelta(days=7)
    with pytest.raises(Refused, match="已登记张贴"):
        post(cast, notice)


@pytest.mark.parametrize(
    ("who", "status"), [("auditor", 403), ("township_reviewer", 403), ("other_village_cadre", 404)]
)
def test_others_record_no_posting(client: Client, cast: Cast, who: str, status: int) -> None:
    notice = posted(cast, 15)
    enter(client, cast, who)
    send(client, f"/notices/{notice.pk}/postings/new/", posting_input(place="别处"), status)
    down = {"taken_down_on": make.today()}
    send(client, f"/postings/{notice.postings.get().pk}/take-down/", down, status)
    assert Posting.objects.count() == 1 and not TakeDown.objects.exists()


def test_a_superseded_version_is_not_posted(client: Client, cast: Cast) -> None:
    project = awaited_project(cast)
    old = published(cast, project)
    project.targets.filter(aspect="SAT").delete()
    published(cast, project)
    url = f"/notices/{old.pk}/postings/new/"
    assert "已由第2版替代" in send(enter(client, cast, "village_cadre"), url, posting_input(), 409)
    assert "已由第2版替代" in read(client, old.get_absolute_url())


# --- Taking it down ---------------------------------------------------------------------------


def test_it_comes_down_on_the_last_day_at_the_earliest(client: Client, cast: Cast) -> None:
    notice = posted(cast, 10)
    url = f"/postings/{notice.postings.get().pk}/take-down/"
    enter(client, cast, "village_cadre")
    assert "登记撤下" in read(client, notice.get_absolute_url())
    early = {"taken_down_on": make.today() - dt.timedelta(days=1)}
    assert "撤下日期须在" in send(client, url, early, 409)
    send(client, url, {"taken_down_on": make.today(), "note": "期满撤下"})
    assert TakeDown.objects.get().note == "期满撤下"
    assert "已于" in send(client, url, {"taken_down_on": make.today()}, 409)


def test_it_does_not_come_down_before(client: Client, cast: Cast) -> None:
    notice = posted(cast, 9)
    url = f"/postings/{notice.postings.get().pk}/take-down/"
    page = send(enter(client, cast, "village_cadre"), url, {"taken_down_on": make.today()}, 409)
    assert "公示未满期" in page and "国开办发〔2018〕11号" in page


def test_what_is_superseded_may_come_down_at_once(cast: Cast) -> None:
    project = awaited_project(cast)
    old = posted(cast, 2, project)
    Project.objects.get(pk=project.pk).targets.filter(aspect="SAT").delete()
    published(cast, project)
    assert record_take_down(
        posting=old.postings.get(), taken_down_on=make.today(), note="", by=cast["village_cadre"]
    )


def test_what_has_no_end_stays(cast: Cast) -> None:
    project = make.approved_project(cast)
    notice = published(cast, project, "N07", who="township_clerk")
    posting = post(cast, notice, by=cast["township_clerk"])
    assert posting.ends_on is None
    assert Notice.objects.get(pk=notice.pk).standing == "公开中"
    with pytest.raises(Refused, match="不撤下"):
        record_take_down(
            posting=posting, taken_down_on=make.today(), note="", by=cast["township_clerk"]
        )

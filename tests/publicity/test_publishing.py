from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from organizations.policies import Refused, WrongRole
from projects.models import Project
from publicity.digest import digest_of
from publicity.models import Notice
from publicity.services import publish_notice
from tests import factories as make
from tests.cast import Cast
from tests.databases import at_once
from tests.projects.pages import enter, read, send
from tests.publicity.hanging import awaited_project, published


def test_a_village_looks_at_it_and_publishes_it(client: Client, cast: Cast) -> None:
    project = awaited_project(cast)
    url = f"/projects/{project.pk}/notices/"
    enter(client, cast, "work_team")
    assert f"{url}publish/N01/" in read(client, url)
    preview = read(client, f"{url}publish/N01/")
    for words in (project.name, "人民币伍拾万元整", "新建库房≥1座", "国开办发〔2018〕11号"):
        assert words in preview
    assert not Notice.objects.exists()
    send(client, f"{url}publish/N01/", {"content": "[]", "number": "自己写的"})
    notice = Notice.objects.get()
    assert notice.number == f"652826-{make.today().year}-公示-0001"
    assert (notice.version, notice.type.code, notice.project) == (1, "N01", project)
    assert notice.text_of("建设内容") == project.content
    assert notice.standing == "待张贴"
    assert "内容没有变动" in send(client, f"{url}publish/N01/", {}, 409)
    for page in (notice.get_absolute_url(), f"/notices/{notice.pk}/print/", url):
        assert notice.number in read(client, page)


def test_what_is_missing_is_listed_with_who_fills_it_in(client: Client, cast: Cast) -> None:
    project = make.noticed_project(cast)
    url = f"/projects/{project.pk}/notices/publish/N01/"
    page = read(enter(client, cast, "village_cadre"), url)
    assert "缺少绩效目标，由乡镇经办或项目主管部门经办（填报绩效目标）填报" in page
    assert ">发布</button>" not in page
    assert "缺少绩效目标" in send(client, url, {}, 409)
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"),
    [("township_reviewer", 403), ("project_clerk", 403), ("auditor", 403),
     ("other_village_cadre", 404), ("other_township_clerk", 404), ("other_group_member", 404)],
)  # fmt: skip
def test_others_publish_nothing(client: Client, cast: Cast, who: str, status: int) -> None:
    url = f"/projects/{awaited_project(cast).pk}/notices/publish/N01/"
    send(enter(client, cast, who), url, {}, status)
    assert not Notice.objects.exists()


def test_a_type_that_no_project_has_does_not_exist(client: Client, cast: Cast) -> None:
    project = awaited_project(cast)
    enter(client, cast, "village_cadre")
    for code in ("N05", "N99", "n01"):
        read(client, f"/projects/{project.pk}/notices/publish/{code}/", 404)


def test_each_type_belongs_to_its_step(cast: Cast) -> None:
    draft = make.draft_project(cast)
    for code, who in (
        ("N01", "village_cadre"),
        ("N02", "village_cadre"),
        ("N08", "township_clerk"),
    ):
        with pytest.raises(Refused, match="现在的环节不发布"):
            publish_notice(subject=draft, code=code, by=cast[who])
    with pytest.raises(WrongRole):
        publish_notice(subject=draft, code="N01", by=cast["project_clerk"])
    approved = make.approved_project(cast)
    notice = published(cast, approved, "N08", who="township_clerk")
    assert notice.sequence == Notice.objects.filter(version=1).count()


def test_numbers_run_on_and_a_new_version_keeps_its_own(cast: Cast) -> None:
    first, second = published(cast), published(cast)
    assert [first.sequence, second.sequence] == [1, 2]
    project = Project.objects.get(pk=first.subject_id)
    project.targets.filter(aspect="SAT").delete()
    changed = published(cast, project)
    assert (changed.number, changed.version, changed.supersedes) == (first.number, 2, first)
    assert changed.check_code != first.check_code
    old = Notice.objects.get(pk=first.pk)
    assert old.next_version == changed and old.standing == "已由新版替代"
    assert "满意度" in old.text_of("绩效目标")
    assert published(cast).sequence == 3


def test_each_year_begins_anew(cast: Cast) -> None:
    last_year = published(cast, days_ago=366)
    assert last_year.year == make.today().year - 1 or last_year.sequence == 1
    assert published(cast).sequence == 1


def test_villages_that_publish_at_once_get_numbers_without_a_gap(committed_cast: Cast) -> None:
    cast = committed_cast
    projects = [awaited_project(cast) for _ in range(6)]
    done = at_once(6, lambda n: published(cast, projects[n]).sequence)
    assert sorted(str(number) for number in done) == ["1", "2", "3", "4", "5", "6"]


def test_two_who_publish_the_same_make_one_version(committed_cast: Cast) -> None:
    project = awaited_project(committed_cast)
    done = at_once(4, lambda _: published(committed_cast, project).version)
    assert [d for d in done if not isinstance(d, Exception)] == [1]
    assert all(isinstance(d, int | Refused) for d in done)


def test_the_check_code_is_of_the_content(cast: Cast) -> None:
    notice = Notice.objects.get(pk=published(cast).pk)
    assert notice.is_intact
    assert notice.check_code == digest_of(notice)[:12]
    notice.content[0]["text"] += "x"
    assert not notice.is_intact


def test_a_label_cannot_flow_into_a_text(cast: Cast) -> None:
    notice = published(cast)
    one = [{"label": "建设", "text": "内容"}]
    other = [{"label": "建设内", "text": "容"}]
    digests = set()
    for content in (one, other, one + one, [{"label": "建设内容", "text": ""}]):
        notice.content = content
        digests.add(digest_of(notice))
    assert len(digests) == 4


def test_a_tampered_content_is_told(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = published(cast)
    monkeypatch.setattr("publicity.models.notices.digest_of", lambda _: "0" * 64)
    page = read(enter(client, cast, "auditor"), notice.get_absolute_url())
    assert "内容与发布时的校验值不一致" in page


def test_the_moment_of_publication_is_now(cast: Cast) -> None:
    before = timezone.now() - dt.timedelta(seconds=2)
    assert before < published(cast).published_at <= timezone.now()

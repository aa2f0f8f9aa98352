"""The morning's e-mail: to whom, about what, and once."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from approvals.models import Digest, Reminder
from approvals.tasks import send_digests
from organizations.models import User
from projects.models import Project
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.clocks import pin
from tests.databases import at_once
from tests.pages import logged_in

WEDNESDAY = "2026-11-18T08:00"
THURSDAY = "2026-11-19T08:00"
READER = "township_reviewer"
Clock = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def post_office(settings: Settings, monkeypatch: Clock) -> None:
    settings.EMAIL_HOST, settings.BASE_URL = "mail.example", "https://yichi.example"
    pin(monkeypatch, WEDNESDAY)


def with_address(cast: Cast, name: str = READER) -> User:
    User.objects.filter(pk=cast.users[name].pk).update(email=f"{name}@office.example")
    return cast[name]


def waiting_since(cast: Cast, day: str, status: str = "township_review") -> Project:
    project = make.draft_project(cast, f"项目{Project.objects.count()}")
    since = timezone.make_aware(dt.datetime.fromisoformat(f"{day}T15:00"))
    lives.place(project, status, cast, since)
    return project


def urge(project: Project, by: User, message: str = "请于本周审结") -> Reminder:
    """As if it had been done sixteen hours ago; the database's clock takes no other time."""
    with lives.unruled():
        return Reminder.objects.create(
            subject_type=project.life(),
            subject_id=project.pk,
            status=project.status,
            message=message,
            by=by,
            at=timezone.now() - dt.timedelta(hours=16),
        )


def sent() -> list[EmailMessage]:
    send_digests()
    return list(mail.outbox)


# --- about what ------------------------------------------------------------------------------


def test_counts_by_step_overdue_first_with_links(cast: Cast) -> None:
    with_address(cast)
    waiting_since(cast, "2026-11-10", "revision_notice")
    waiting_since(cast, "2026-11-17")  # four days left
    waiting_since(cast, "2026-11-11")  # the fifth working day is today
    for _ in range(2):
        waiting_since(cast, "2026-11-10")
    (message,) = sent()
    assert message.to == ["township_reviewer@office.example"]
    assert message.subject == "待办提醒：超期 2 件，今日到期 1 件"
    text = str(message.body)
    assert "冯冬，您好" in text and "截至 2026-11-18" in text
    assert "乡镇审核：4 件，超期 2 件，今日到期 1 件" in text
    assert text.index("乡镇审核") < text.index("再次公示")
    assert "https://yichi.example/inbox/?step=projects.project%3Atownship_review" in text
    digest = Digest.objects.get()
    assert (digest.day, digest.sent_at, digest.error) == (dt.date(2026, 11, 18), timezone.now(), "")
    assert f"digest-{digest.pk}-2026-11-18@yichi.example" in str(message.message()["Message-ID"])


def test_without_a_base_address_the_links_are_paths(cast: Cast, settings: Settings) -> None:
    settings.BASE_URL = ""
    with_address(cast)
    waiting_since(cast, "2026-11-10")
    assert "\n  /inbox/?step=" in str(sent()[0].body)


def test_whoever_has_time_left_is_left_alone(cast: Cast) -> None:
    with_address(cast)
    waiting_since(cast, "2026-11-12")
    assert not sent() and not Digest.objects.exists()


def test_what_is_urged_is_told_once(cast: Cast, monkeypatch: Clock) -> None:
    with_address(cast)
    project = waiting_since(cast, "2026-11-16")
    urge(project, cast["project_clerk"])
    (message,) = sent()
    assert message.subject == "待办提醒：新收到催办 1 件"
    assert f"{project.name}（乡镇审核）：请于本周审结" in str(message.body)
    assert f"https://yichi.example{project.get_absolute_url()}" in str(message.body)
    pin(monkeypatch, THURSDAY)
    assert len(sent()) == 1


def test_what_was_urged_on_a_weekend_is_told_on_monday(cast: Cast, monkeypatch: Clock) -> None:
    with_address(cast)
    pin(monkeypatch, "2026-11-23T08:00")
    urge(waiting_since(cast, "2026-11-20"), cast["project_clerk"])  # on Sunday at four
    assert len(sent()) == 1


def test_what_was_urged_and_has_moved_on_is_not_told(cast: Cast) -> None:
    with_address(cast)
    project = waiting_since(cast, "2026-11-16")
    urge(project, cast["project_clerk"])
    lives.place(project, "county_appraisal", cast, timezone.now())
    assert not sent()


# --- to whom, and when -----------------------------------------------------------------------


def test_only_who_is_active_has_an_address_and_holds_the_post(cast: Cast) -> None:
    waiting_since(cast, "2026-11-10")
    assert not sent()
    with_address(cast, "other_township_clerk")
    with_address(cast, "nobody")
    User.objects.filter(pk=with_address(cast).pk).update(is_active=False)
    assert not sent() and not Digest.objects.exists()


def test_nothing_happens_without_a_mail_server(cast: Cast, settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    with_address(cast)
    waiting_since(cast, "2026-11-10")
    assert not sent() and not Digest.objects.exists()


@pytest.mark.parametrize(
    ("now", "count"),
    [("2026-11-21T08:00", 0), ("2026-10-01T08:00", 0), ("2026-10-10T08:00", 1)],
)
def test_on_working_days_only(cast: Cast, monkeypatch: Clock, now: str, count: int) -> None:
    with_address(cast)
    waiting_since(cast, "2026-08-03")
    pin(monkeypatch, now)
    assert len(sent()) == count


# --- once ------------------------------------------------------------------------------------


def test_once_a_day_however_often_it_is_tried(cast: Cast, monkeypatch: Clock) -> None:
    with_address(cast)
    waiting_since(cast, "2026-11-10")
    assert len(sent()) == 1 and len(sent()) == 1
    pin(monkeypatch, THURSDAY)
    assert len(sent()) == 2


def test_once_when_several_workers_are_at_it(committed_cast: Cast) -> None:
    with_address(committed_cast)
    with transaction.atomic():
        waiting_since(committed_cast, "2026-11-10")
    assert at_once(4, lambda _: send_digests()) == [None] * 4
    assert len(mail.outbox) == 1
    assert Digest.objects.get().sent_at


def test_a_server_that_does_not_answer_is_tried_again(cast: Cast, settings: Settings) -> None:
    with_address(cast)
    waiting_since(cast, "2026-11-10")
    within_tests = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert not sent()
    digest = Digest.objects.get()
    assert digest.sent_at is None and "refused" in digest.error
    settings.EMAIL_BACKEND = within_tests
    assert len(sent()) == 1
    digest.refresh_from_db()
    assert digest.sent_at and not digest.error


def test_what_was_not_sent_yesterday_is_not_sent_late(cast: Cast, monkeypatch: Clock) -> None:
    user = with_address(cast)
    Digest.objects.create(user=user, day=dt.date(2026, 11, 17), subject="昨日", body="昨日")
    waiting_since(cast, "2026-11-10")
    assert [m.subject for m in sent()] == ["待办提醒：超期 1 件"]


def test_what_was_written_stands(cast: Cast) -> None:
    user = with_address(cast)
    waiting_since(cast, "2026-11-10")
    unsent = Digest.objects.create(user=user, day=dt.date(2026, 11, 17), subject="旧", body="旧")
    sent()
    digests = Digest.objects.filter(day=dt.date(2026, 11, 18))
    with pytest.raises(IntegrityError), transaction.atomic():
        Digest.objects.create(user=user, day=dt.date(2026, 11, 18), subject="再", body="再")
    for attempt in (
        lambda: digests.update(sent_at=None),
        lambda: digests.update(error="x"),
        lambda: Digest.objects.filter(pk=unsent.pk).update(body="改"),
        lambda: digests.delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


# --- one's own address -----------------------------------------------------------------------


def test_everybody_enters_an_address_of_their_own(cast: Cast, settings: Settings) -> None:
    client = logged_in(cast["village_cadre"])
    assert "/email/" in client.get("/posts/mine/").content.decode()
    assert "尚未配置邮件服务" not in client.get("/email/").content.decode()
    answer = client.post("/email/", {"email": "xiachahe@yanqi.example"})
    assert answer.status_code == 302
    user = cast["village_cadre"]
    assert user.email == "xiachahe@yanqi.example"
    assert user.history.filter(history_change_reason="本人修改提醒邮箱").count() == 1
    client.post("/email/", {"email": ""})
    assert cast["village_cadre"].email == ""
    settings.EMAIL_HOST = ""
    assert "尚未配置邮件服务" in client.get("/email/").content.decode()


@pytest.mark.parametrize("typed", ["13912345678@139.com", "下岔河村", "a@b"])
def test_a_mobile_number_is_no_office_address(cast: Cast, typed: str) -> None:
    answer = logged_in(cast["village_cadre"]).post("/email/", {"email": typed})
    assert answer.status_code == 422
    assert typed in answer.content.decode()
    assert cast["village_cadre"].email == ""

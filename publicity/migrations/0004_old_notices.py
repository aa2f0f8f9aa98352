"""What was recorded of notices until now becomes versions, postings and take-downs.

Contents and photos were not kept then: such rows say so, and no row made later can.
"""

import datetime as dt
import hashlib
import unicodedata

from django.db import migrations
from django.utils import timezone

FREE = """
DROP TRIGGER notice_stands ON publicity_notice;
DROP FUNCTION publicity_notice_stands();
"""
DAYS_CLAUSE = "国开办发〔2018〕11号：原则上不少于10天"
TYPES = {
    1: ("N01", "村级申报项目公示", "一上：村民代表会议后", "村", "未满期或有未答复的异议，不得上报乡镇"),
    2: ("N02", "修改完善后公示", "二上：二次上报前", "乡镇、村", "未满期或有未答复的异议，不得二次上报"),
}
DAYS = 10


def type_of(apps, round_):
    code, name, trigger, responsible, gate = TYPES[round_]
    return apps.get_model("publicity", "NoticeType").objects.get_or_create(
        code=code,
        valid_from=dt.date(2018, 1, 1),
        defaults={
            "name": name,
            "trigger": trigger,
            "responsible": responsible,
            "publishers": ["village_cadre", "work_team", "township_clerk"],
            "min_days": DAYS,
            "gate": gate,
            "clause": "新扶贫领字〔2018〕76号 二(三)：公示无异议后上报",
            "source": "F",
            "days_clause": DAYS_CLAUSE,
            "days_source": "V",
        },
    )[0]


def days_on(apps, day):
    rows = apps.get_model("organizations", "Parameter").objects.filter(
        key="notice.min_days", valid_from__lte=day
    )
    row = rows.order_by("-valid_from").first()
    return int(row.setting) if row else DAYS


def digest_of(notice):
    at = notice.published_at.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    fields = [notice.number, str(notice.version), notice.type.code, notice.type.name, at]
    fields += [text for line in notice.content for text in (line["label"], line["text"])]
    digest = hashlib.sha256(b"YICHI-NOTICE-1\n")
    for field in fields:
        raw = unicodedata.normalize("NFC", field).encode()
        digest.update(b"%d:%s," % (len(raw), raw))
    return digest.hexdigest()


def make_versions(apps, schema_editor):
    standing = {}  # the latest version by project and round
    given = {}  # the last number by county and year
    divisions = {d.code: d for d in apps.get_model("organizations", "Division").objects.filter(level="county")}
    rows = apps.get_model("publicity", "Notice").objects.select_related("project__division")
    for notice in rows.order_by("id"):
        county = divisions[notice.project.division.code[:6].ljust(12, "0")]
        earlier = standing.get((notice.project_id, notice.round))
        fill(apps, notice, county, earlier, given)
        standing[notice.project_id, notice.round] = notice
        record_posting(apps, notice)


def fill(apps, notice, county, earlier, given):
    notice.type = type_of(apps, notice.round)
    notice.subject_type, notice.subject_id = "projects.project", notice.project_id
    notice.subject_title = notice.project.name[:160]
    notice.cases = [f"project:{notice.project.earmark_id}"]
    notice.county, notice.division = county, notice.project.division
    notice.published_by, notice.published_at = notice.recorded_by, notice.recorded_at.replace(microsecond=0)
    notice.is_migrated = True
    if earlier:
        notice.year, notice.sequence, notice.number = earlier.year, earlier.sequence, earlier.number
        notice.version, notice.supersedes = earlier.version + 1, earlier
    else:
        notice.year = timezone.localdate(notice.recorded_at).year
        notice.sequence = given[county.pk, notice.year] = given.get((county.pk, notice.year), 0) + 1
        notice.number = f"{county.code[:6]}-{notice.year}-公示-{notice.sequence:04d}"
        notice.version = 1
    notice.content = [
        {"label": "扶贫项目名称", "text": notice.project.name},
        {"label": "监督举报电话", "text": notice.hotline},
        {"label": "说明", "text": "本公示在系统保存公示内容之前登记，其余内容以当时张贴的纸质公示为准"},
    ]
    notice.content_sha256 = digest_of(notice)
    notice.check_code = notice.content_sha256[:12]
    notice.save()


def record_posting(apps, notice):
    posting = apps.get_model("publicity", "Posting").objects.create(
        notice=notice,
        place=notice.place,
        posted_on=notice.posted_on,
        ends_on=notice.posted_on + dt.timedelta(days=days_on(apps, notice.posted_on)),
        poster_unit=notice.posted_by_unit,
        recorded_by=notice.recorded_by,
        recorded_at=notice.recorded_at,
    )
    if notice.taken_down_on:
        words = f"收到异议 {notice.objections} 件。{notice.outcome}"
        apps.get_model("publicity", "TakeDown").objects.create(
            posting=posting,
            taken_down_on=notice.taken_down_on,
            note=words,
            recorded_by=notice.ended_by,
        )


class Migration(migrations.Migration):
    dependencies = [("publicity", "0003_notice_types")]
    operations = [
        migrations.RunSQL(FREE, migrations.RunSQL.noop),
        migrations.RunPython(make_versions, migrations.RunPython.noop),
    ]

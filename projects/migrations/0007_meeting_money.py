from pathlib import Path

from django.db import migrations

RULES = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0006_village_rules"),
        ("approvals", "0010_meeting_rules"),
        ("funds", "0003_ledger"),
    ]
    operations = [migrations.RunSQL(RULES, migrations.RunSQL.noop)]

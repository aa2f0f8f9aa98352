from pathlib import Path

from django.db import migrations

RULES = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [
        ("publicity", "0009_days_to_announce"),
        ("projects", "0008_adjustment_rules"),
        ("approvals", "0008_office_rules"),
    ]
    operations = [migrations.RunSQL(RULES, migrations.RunSQL.noop)]

from pathlib import Path

from django.db import migrations

RULES = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [
        ("assets", "0001_register"),
        ("approvals", "0008_office_rules"),
        ("projects", "0011_negative_rules"),
    ]
    operations = [migrations.RunSQL(RULES, migrations.RunSQL.noop)]

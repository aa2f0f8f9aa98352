from pathlib import Path

from django.db import migrations

RULES = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("approvals", "0007_office_and_meetings"), ("organizations", "0003_delegation_and_industry")]
    operations = [migrations.RunSQL(RULES, migrations.RunSQL.noop)]

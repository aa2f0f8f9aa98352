from pathlib import Path

from django.db import migrations

RULES = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("projects", "0031_acceptance_day_rules"), ("funds", "0004_dated_names")]
    operations = [migrations.RunSQL(RULES, migrations.RunSQL.noop)]

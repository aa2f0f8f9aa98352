from pathlib import Path

from django.db import migrations

RULES = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("assets", "0003_lives"), ("approvals", "0009_duty_investigate")]
    operations = [migrations.RunSQL(RULES, migrations.RunSQL.noop)]

from pathlib import Path

from django.db import migrations

RULES = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("assets", "0005_reference_stands"), ("funds", "0003_ledger")]
    operations = [migrations.RunSQL(RULES, migrations.RunSQL.noop)]

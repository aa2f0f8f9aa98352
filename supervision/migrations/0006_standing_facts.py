from pathlib import Path

from django.db import migrations

RULES = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [
        ("supervision", "0005_accountability_once"),
    ]
    operations = [migrations.RunSQL(RULES, migrations.RunSQL.noop)]

from pathlib import Path

from django.db import migrations

RULES = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("projects", "0030_paid_again_rules")]
    operations = [migrations.RunSQL(RULES, migrations.RunSQL.noop)]

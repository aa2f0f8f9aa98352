from pathlib import Path

from django.db import migrations

RULES = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    # refuse_change() stands there.
    dependencies = [("organizations", "0004_calendar"), ("approvals", "0003_rules")]
    operations = [migrations.RunSQL(RULES, migrations.RunSQL.noop)]

from pathlib import Path

from django.db import migrations

VIEW = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("projects", "0021_idle_layers")]
    operations = [migrations.RunSQL(VIEW, migrations.RunSQL.noop)]

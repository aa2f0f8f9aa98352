from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("supervision", "0004_alert_rules"),
    ]
    operations = [
        migrations.AddConstraint(
            model_name="accountability",
            constraint=models.UniqueConstraint(
                fields=("finding", "name", "way", "document"),
                name="accountability_once",
                violation_error_message="这次追责已登记",
            ),
        ),
    ]

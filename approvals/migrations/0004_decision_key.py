from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0003_rules")]

    operations = [
        migrations.AddField(
            model_name="decision",
            name="key",
            field=models.CharField(
                blank=True, max_length=80, null=True, unique=True, verbose_name="办理键"
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="body_digest",
            field=models.CharField(blank=True, default="", max_length=64, verbose_name="内容摘要"),
            preserve_default=False,
        ),
    ]

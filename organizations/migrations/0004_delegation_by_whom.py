import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Until now nobody but the holder of the post could have made one.
BY_THE_HOLDER = """
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE organizations_delegation DISABLE TRIGGER USER;
UPDATE organizations_delegation g SET made_by_id = p.user_id,
       revoked_by_id = CASE WHEN g.revoked_at IS NULL THEN NULL ELSE p.user_id END
  FROM organizations_post p WHERE p.id = g.post_id;
ALTER TABLE organizations_delegation ENABLE TRIGGER USER;
COMMIT;
"""


def person(verbose_name: str, *, null: bool) -> models.ForeignKey:
    return models.ForeignKey(
        blank=null,
        null=null,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
        verbose_name=verbose_name,
    )


class Migration(migrations.Migration):
    atomic = False  # a table with changed rows may not be altered before they are committed
    dependencies = [("organizations", "0005_calendar_rules")]
    operations = [
        migrations.AddField("delegation", "made_by", person("登记人", null=True)),
        migrations.AddField("delegation", "revoked_by", person("收回人", null=True)),
        migrations.RunSQL(BY_THE_HOLDER, migrations.RunSQL.noop),
        migrations.AlterField(
            "delegation",
            "made_by",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="登记人",
            ),
        ),
        migrations.AddConstraint(
            "delegation",
            models.CheckConstraint(
                condition=models.Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | models.Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="delegation_revoked_by_somebody",
            ),
        ),
    ]

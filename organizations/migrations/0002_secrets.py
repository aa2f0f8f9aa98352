"""The audit role reads everything but what would let it act as somebody else."""

from django.db import migrations

RULES = """
REVOKE SELECT ON django_session, authtoken_token, organizations_user FROM yichi_audit;
GRANT SELECT (id, username, real_name, office_phone, email, is_active, is_superuser, is_staff,
              last_login, last_seen_login, date_joined, must_change_password)
    ON organizations_user TO yichi_audit;
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM yichi_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0001_initial"),
        ("sessions", "0001_initial"),
        ("authtoken", "0004_alter_tokenproxy_options"),
    ]
    operations = [migrations.RunSQL(RULES, migrations.RunSQL.noop)]

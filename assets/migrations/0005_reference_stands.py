from django.db import migrations

# Which uses of income are allowed, and which subclasses there were, is added to by rows of a later
# day; what a row says stands for what was decided under it.
RULES = "REVOKE UPDATE, DELETE ON assets_incomeuse, assets_assettype FROM yichi_app"


class Migration(migrations.Migration):
    dependencies = [("assets", "0004_life_rules")]
    operations = [migrations.RunSQL(RULES, migrations.RunSQL.noop)]

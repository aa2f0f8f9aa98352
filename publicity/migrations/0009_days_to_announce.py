from django.db import migrations

DAYS = """
UPDATE publicity_noticetype SET publish_within_workdays = 20, gate = '超过时限告警',
       days_clause = '扶贫领域基层政务公开标准目录：20个工作日内公开', days_source = 'V'
 WHERE code IN ('N05', 'N06', 'N10') AND valid_from = '2018-01-01'
   AND publish_within_workdays IS NULL;
"""


class Migration(migrations.Migration):
    """What is loaded anew says so already; this is for what was loaded before."""

    dependencies = [("publicity", "0008_objection_rules")]
    operations = [migrations.RunSQL(DAYS, migrations.RunSQL.noop)]

from django.db import migrations, models
from django.db.models import Q

# Requests of before: what their percentage of the contract came to.
MEASURED = """
UPDATE projects_paymentrequest r
   SET work_done = coalesce((SELECT round(c.price * r.progress / 100, 2) FROM projects_contract c
                              WHERE c.id = r.contract_id), r.amount)
 WHERE r.kind = '20'
"""


class Migration(migrations.Migration):
    dependencies = [("projects", "0028_charge_rules")]
    operations = [
        migrations.AddField(
            "historicalpaymentrequest",
            "work_done",
            models.DecimalField(
                "已完工程价款（元）", max_digits=18, decimal_places=2, null=True, blank=True
            ),
        ),
        migrations.AddField(
            "paymentrequest",
            "work_done",
            models.DecimalField(
                "已完工程价款（元）", max_digits=18, decimal_places=2, null=True, blank=True
            ),
        ),
        migrations.RunSQL(MEASURED, migrations.RunSQL.noop),
        migrations.RemoveConstraint("paymentrequest", "payment_invoice_once"),
        migrations.AddConstraint(
            "paymentrequest",
            models.UniqueConstraint(
                condition=~Q(invoice_number="") & ~Q(status__in=("cancelled", "withdrawn")),
                fields=("project", "invoice_number"),
                name="payment_invoice_once",
            ),
        ),
        migrations.AddConstraint(
            "paymentrequest",
            models.CheckConstraint(
                condition=~Q(kind="20") | Q(work_done__isnull=False, work_done__gte=0),
                name="payment_progress_states_work_done",
            ),
        ),
    ]

from django.db import migrations, models

# Who applies does not review for the township; who reviews there has no later say in the payment.
DUTIES = """
INSERT INTO approvals_incompatibleduties (case_kind, first, second) VALUES
    ('payment', 'apply', 'township_review'),
    ('payment', 'township_review', 'department_review'),
    ('payment', 'township_review', 'compliance'),
    ('payment', 'township_review', 'release'),
    ('payment', 'township_review', 'pay');
"""


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0013_library_rules'),
    ]

    operations = [
        migrations.AlterField(
            model_name='historicalpaymentrequest',
            name='status',
            field=models.CharField(choices=[('draft', '填报'), ('township_review', '乡镇审核'), ('department_review', '主管部门审核'), ('compliance', '财政合规审查'), ('release', '待核拨'), ('payment', '待支付'), ('paid', '已支付'), ('refunded', '已退回'), ('withdrawn', '已收回核拨'), ('cancelled', '作废')], default='draft', max_length=30, verbose_name='状态'),
        ),
        migrations.AlterField(
            model_name='paymentrequest',
            name='status',
            field=models.CharField(choices=[('draft', '填报'), ('township_review', '乡镇审核'), ('department_review', '主管部门审核'), ('compliance', '财政合规审查'), ('release', '待核拨'), ('payment', '待支付'), ('paid', '已支付'), ('refunded', '已退回'), ('withdrawn', '已收回核拨'), ('cancelled', '作废')], default='draft', max_length=30, verbose_name='状态'),
        ),
        migrations.RunSQL(DUTIES, migrations.RunSQL.noop),
    ]


import django.db.models.deletion
import django.utils.timezone
import organizations.personal_data
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0016_acceptance_rules'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PaymentPaperRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('10', '预付款'), ('20', '进度款'), ('30', '竣工（结算）款'), ('40', '质保金'), ('50', '到户补助'), ('60', '项目管理费'), ('70', '贴息奖补')], max_length=2, verbose_name='款项性质')),
                ('code', models.CharField(max_length=20, verbose_name='材料代码')),
                ('name', models.CharField(max_length=60, verbose_name='材料')),
                ('number_label', models.CharField(blank=True, max_length=20, verbose_name='编号名称')),
                ('is_required', models.BooleanField(default=False, verbose_name='必附')),
                ('on_paper', models.BooleanField(default=False, verbose_name='纸质留存')),
                ('position', models.PositiveSmallIntegerField(verbose_name='序号')),
                ('source', models.CharField(choices=[('F', '新扶贫领字〔2018〕76号'), ('V', '已核实的上级文件'), ('L', '外地样例'), ('K', '可配置的默认值'), ('D', '可配置的默认值（设计）')], max_length=1, verbose_name='来源')),
                ('valid_from', models.DateField(verbose_name='生效日期')),
                ('valid_until', models.DateField(blank=True, null=True, verbose_name='失效日期')),
            ],
            options={
                'verbose_name': '应附材料',
                'ordering': ('kind', 'position', 'id'),
                'constraints': [models.UniqueConstraint(fields=('kind', 'code', 'valid_from'), name='payment_paper_rule_once_per_day')],
            },
        ),
        migrations.CreateModel(
            name='PaymentPaper',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(blank=True, max_length=60, validators=[organizations.personal_data.refuse_personal_data], verbose_name='编号')),
                ('dated_on', models.DateField(verbose_name='材料日期')),
                ('sha256', models.CharField(blank=True, max_length=64, verbose_name='文件')),
                ('summary', models.CharField(blank=True, max_length=80, validators=[organizations.personal_data.refuse_personal_data], verbose_name='摘要')),
                ('quantity', models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True, verbose_name='数量')),
                ('unit_price', models.DecimalField(blank=True, decimal_places=2, max_digits=18, null=True, verbose_name='单价（元）')),
                ('amount', models.DecimalField(blank=True, decimal_places=2, max_digits=18, null=True, verbose_name='票面金额（元）')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='登记时间')),
                ('struck_at', models.DateTimeField(blank=True, null=True, verbose_name='划去时间')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='papers', to='projects.paymentrequest', verbose_name='拨付申请')),
                ('struck_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='划去人')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='projects.paymentpaperrule', verbose_name='材料')),
            ],
            options={
                'verbose_name': '报账材料',
                'ordering': ('rule__position', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('sha256', ''), ('sha256__regex', '^[0-9a-f]{64}$'), _connector='OR'), name='payment_paper_sha256_hex'), models.CheckConstraint(condition=models.Q(('amount__isnull', True), ('amount__gt', 0), _connector='OR'), name='payment_paper_amount_positive'), models.CheckConstraint(condition=models.Q(models.Q(('struck_at__isnull', True), ('struck_by__isnull', True)), models.Q(('struck_at__isnull', False), ('struck_by__isnull', False)), _connector='OR'), name='payment_paper_struck_by_somebody'), models.UniqueConstraint(condition=models.Q(('struck_at__isnull', True)), fields=('request', 'rule', 'number', 'dated_on', 'sha256'), name='payment_paper_once', violation_error_message='这份材料已经登记')],
            },
        ),
    ]


import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('approvals', '0016_refused_attempt_rules'),
        ('organizations', '0004_delegation_by_whom'),
        ('projects', '0018_payment_paper_rules'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BankLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('paid_on', models.DateField(verbose_name='付款日期')),
                ('payee', models.CharField(max_length=120, verbose_name='收款户名')),
                ('account', models.CharField(max_length=40, verbose_name='收款账号')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=18, verbose_name='金额（元）')),
                ('reference', models.CharField(max_length=60, verbose_name='银行流水号')),
                ('request_number', models.CharField(blank=True, max_length=40, verbose_name='申请编号')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='导入时间')),
                ('county', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organizations.division', verbose_name='县（市）')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='导入人')),
            ],
            options={
                'verbose_name': '银行已付款',
                'ordering': ('-paid_on', '-id'),
            },
        ),
        migrations.CreateModel(
            name='BankMatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='核对时间')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='核对人')),
                ('decision', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='approvals.decision', verbose_name='支付办理记录')),
                ('line', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='match', to='projects.bankline', verbose_name='银行已付款')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bank_matches', to='projects.paymentrequest', verbose_name='拨付申请')),
            ],
            options={
                'verbose_name': '银行核对',
                'ordering': ('id',),
            },
        ),
        migrations.AddConstraint(
            model_name='bankline',
            constraint=models.UniqueConstraint(fields=('county', 'reference'), name='bank_line_once'),
        ),
        migrations.AddConstraint(
            model_name='bankline',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='bank_line_amount_positive'),
        ),
    ]

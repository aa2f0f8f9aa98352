
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('approvals', '0014_acceptance_duties'),
        ('organizations', '0004_delegation_by_whom'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RefusedAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_type', models.CharField(max_length=60, verbose_name='事项类别')),
                ('subject_id', models.BigIntegerField(verbose_name='事项编号')),
                ('subject_title', models.CharField(max_length=160, verbose_name='事项')),
                ('status', models.CharField(max_length=30, verbose_name='当时环节')),
                ('action', models.CharField(max_length=40, verbose_name='动作')),
                ('action_label', models.CharField(max_length=60, verbose_name='拟办理')),
                ('kind', models.CharField(choices=[('state', '环节不符'), ('post', '岗位不符'), ('separation', '不相容职责'), ('condition', '条件未满足'), ('other', '内容不符或账务不足')], max_length=12, verbose_name='类别')),
                ('reason', models.CharField(max_length=500, verbose_name='原因')),
                ('clause', models.CharField(blank=True, max_length=200, verbose_name='依据')),
                ('day', models.DateField(verbose_name='日期')),
                ('first_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='首次时间')),
                ('last_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='最近时间')),
                ('count', models.PositiveIntegerField(default=1, verbose_name='次数')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='办理人')),
                ('division', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organizations.division', verbose_name='区划')),
                ('post', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organizations.post', verbose_name='所任岗位')),
            ],
            options={
                'verbose_name': '被拒办理',
                'ordering': ('-last_at', '-id'),
                'indexes': [models.Index(fields=['division', '-last_at'], name='refused_attempt_division'), models.Index(fields=['subject_type', 'subject_id'], name='refused_attempt_subject')],
                'constraints': [models.UniqueConstraint(fields=('by', 'subject_type', 'subject_id', 'action', 'reason', 'day'), name='refused_attempt_once_a_day')],
            },
        ),
    ]

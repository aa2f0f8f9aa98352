import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import organizations.personal_data
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """The tables that take over from one row for a notice; nothing is lost before the next step."""

    dependencies = [
        ('organizations', '0002_secrets'),
        ('projects', '0003_once_each'),
        ('publicity', '0002_rules'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='NoticeType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=10, verbose_name='代码')),
                ('name', models.CharField(max_length=60, verbose_name='名称')),
                ('trigger', models.CharField(max_length=80, verbose_name='触发时点')),
                ('responsible', models.CharField(max_length=80, verbose_name='责任主体')),
                ('publishers', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None, verbose_name='发布岗位')),
                ('min_days', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='最短天数')),
                ('count_mode', models.CharField(choices=[('natural', '自然日'), ('working', '工作日')], default='natural', max_length=10, verbose_name='计日方式')),
                ('is_permanent', models.BooleanField(default=False, verbose_name='长期公开')),
                ('publish_within_workdays', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='公开时限（工作日）')),
                ('gate', models.CharField(blank=True, max_length=120, verbose_name='阻断规则')),
                ('clause', models.CharField(blank=True, max_length=120, verbose_name='规则出处')),
                ('source', models.CharField(choices=[('F', '新扶贫领字〔2018〕76号'), ('V', '已核实的上级文件'), ('L', '外地样例'), ('K', '可配置的默认值'), ('D', '可配置的默认值（设计）')], max_length=1, verbose_name='规则来源')),
                ('days_clause', models.CharField(blank=True, max_length=120, verbose_name='天数出处')),
                ('days_source', models.CharField(choices=[('F', '新扶贫领字〔2018〕76号'), ('V', '已核实的上级文件'), ('L', '外地样例'), ('K', '可配置的默认值'), ('D', '可配置的默认值（设计）')], max_length=1, verbose_name='天数来源')),
                ('valid_from', models.DateField(verbose_name='生效日期')),
                ('valid_until', models.DateField(blank=True, null=True, verbose_name='失效日期')),
            ],
            options={
                'verbose_name': '公告公示类型',
                'ordering': ('code', '-valid_from'),
            },
        ),
        migrations.CreateModel(
            name='Posting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(max_length=120, validators=[organizations.personal_data.refuse_personal_data], verbose_name='张贴地点')),
                ('posted_on', models.DateField(verbose_name='张贴日期')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='公示期至')),
                ('poster_unit', models.CharField(max_length=80, validators=[organizations.personal_data.refuse_personal_data], verbose_name='张贴单位')),
                ('near_photo', models.CharField(blank=True, max_length=64, verbose_name='近景照片')),
                ('far_photo', models.CharField(blank=True, max_length=64, verbose_name='远景照片')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '张贴记录',
                'ordering': ('posted_on', 'id'),
            },
        ),
        migrations.CreateModel(
            name='TakeDown',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('taken_down_on', models.DateField(verbose_name='撤下日期')),
                ('note', models.TextField(blank=True, validators=[organizations.personal_data.refuse_personal_data], verbose_name='说明')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '撤下记录',
            },
        ),
        migrations.AddField(
            model_name='notice',
            name='cases',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), default=list, size=None, verbose_name='案件'),
        ),
        migrations.AddField(
            model_name='notice',
            name='check_code',
            field=models.CharField(null=True, max_length=12, unique=True, verbose_name='校验码'),
        ),
        migrations.AddField(
            model_name='notice',
            name='content',
            field=models.JSONField(null=True, verbose_name='公示内容'),
        ),
        migrations.AddField(
            model_name='notice',
            name='content_sha256',
            field=models.CharField(null=True, max_length=64, verbose_name='内容校验值'),
        ),
        migrations.AddField(
            model_name='notice',
            name='county',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organizations.division', verbose_name='县（市）'),
        ),
        migrations.AddField(
            model_name='notice',
            name='division',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organizations.division', verbose_name='所属区划'),
        ),
        migrations.AddField(
            model_name='notice',
            name='is_migrated',
            field=models.BooleanField(default=False, verbose_name='旧登记'),
        ),
        migrations.AddField(
            model_name='notice',
            name='number',
            field=models.CharField(null=True, max_length=40, verbose_name='公示编号'),
        ),
        migrations.AddField(
            model_name='notice',
            name='published_at',
            field=models.DateTimeField(null=True, verbose_name='发布时间'),
        ),
        migrations.AddField(
            model_name='notice',
            name='published_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='发布人'),
        ),
        migrations.AddField(
            model_name='notice',
            name='sequence',
            field=models.PositiveIntegerField(null=True, verbose_name='年度内序号'),
        ),
        migrations.AddField(
            model_name='notice',
            name='subject_id',
            field=models.BigIntegerField(null=True, verbose_name='事项编号'),
        ),
        migrations.AddField(
            model_name='notice',
            name='subject_title',
            field=models.CharField(null=True, max_length=160, verbose_name='事项'),
        ),
        migrations.AddField(
            model_name='notice',
            name='subject_type',
            field=models.CharField(null=True, max_length=60, verbose_name='事项类别'),
        ),
        migrations.AddField(
            model_name='notice',
            name='supersedes',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='superseded_by', to='publicity.notice', verbose_name='替代版次'),
        ),
        migrations.AddField(
            model_name='notice',
            name='version',
            field=models.PositiveSmallIntegerField(null=True, verbose_name='版次'),
        ),
        migrations.AddField(
            model_name='notice',
            name='year',
            field=models.PositiveSmallIntegerField(null=True, verbose_name='年度'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='project',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='projects.project', verbose_name='项目'),
        ),
        migrations.AddConstraint(
            model_name='noticetype',
            constraint=models.UniqueConstraint(fields=('code', 'valid_from'), name='notice_type_once_per_regime'),
        ),
        migrations.AddConstraint(
            model_name='noticetype',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='notice_type_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='noticetype',
            constraint=models.CheckConstraint(condition=models.Q(('is_permanent', False), ('min_days__isnull', True), _connector='OR'), name='notice_type_days_or_permanent'),
        ),
        migrations.AddField(
            model_name='notice',
            name='type',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publicity.noticetype', verbose_name='公示类型'),
        ),
        migrations.AddField(
            model_name='posting',
            name='notice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='postings', to='publicity.notice', verbose_name='公示'),
        ),
        migrations.AddField(
            model_name='posting',
            name='recorded_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='takedown',
            name='posting',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='take_down', to='publicity.posting', verbose_name='张贴记录'),
        ),
        migrations.AddField(
            model_name='takedown',
            name='recorded_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddConstraint(
            model_name='posting',
            constraint=models.UniqueConstraint(fields=('notice', 'place'), name='posting_once_per_place'),
        ),
        migrations.AddConstraint(
            model_name='posting',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('far_photo', ''), ('near_photo', '')), models.Q(('far_photo__regex', '^[0-9a-f]{64}$'), ('near_photo__regex', '^[0-9a-f]{64}$'), models.Q(('near_photo', models.F('far_photo')), _negated=True)), _connector='OR'), name='posting_two_photos'),
        ),
        migrations.AddConstraint(
            model_name='posting',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gt', models.F('posted_on')), _connector='OR'), name='posting_ends_after_it_begins'),
        ),
    ]

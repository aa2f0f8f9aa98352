import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """A row of the table is one published version from now on."""

    dependencies = [
        ('publicity', '0004_old_notices'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='notice',
            name='notice_end_is_complete',
        ),
        migrations.RemoveConstraint(
            model_name='notice',
            name='notice_objections_answered',
        ),
        migrations.RemoveField(
            model_name='notice',
            name='ended_by',
        ),
        migrations.RemoveField(
            model_name='notice',
            name='hotline',
        ),
        migrations.RemoveField(
            model_name='notice',
            name='objections',
        ),
        migrations.RemoveField(
            model_name='notice',
            name='outcome',
        ),
        migrations.RemoveField(
            model_name='notice',
            name='place',
        ),
        migrations.RemoveField(
            model_name='notice',
            name='posted_by_unit',
        ),
        migrations.RemoveField(
            model_name='notice',
            name='posted_on',
        ),
        migrations.RemoveField(
            model_name='notice',
            name='recorded_by',
        ),
        migrations.RemoveField(
            model_name='notice',
            name='round',
        ),
        migrations.RemoveField(
            model_name='notice',
            name='taken_down_on',
        ),
        migrations.AlterField(
            model_name='notice',
            name='check_code',
            field=models.CharField(max_length=12, unique=True, verbose_name='校验码'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='content',
            field=models.JSONField(verbose_name='公示内容'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='content_sha256',
            field=models.CharField(max_length=64, verbose_name='内容校验值'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='county',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organizations.division', verbose_name='县（市）'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='division',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organizations.division', verbose_name='所属区划'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='number',
            field=models.CharField(max_length=40, verbose_name='公示编号'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='published_at',
            field=models.DateTimeField(verbose_name='发布时间'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='published_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='发布人'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='sequence',
            field=models.PositiveIntegerField(verbose_name='年度内序号'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='subject_id',
            field=models.BigIntegerField(verbose_name='事项编号'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='subject_title',
            field=models.CharField(max_length=160, verbose_name='事项'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='subject_type',
            field=models.CharField(max_length=60, verbose_name='事项类别'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='version',
            field=models.PositiveSmallIntegerField(verbose_name='版次'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='year',
            field=models.PositiveSmallIntegerField(verbose_name='年度'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='type',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publicity.noticetype', verbose_name='公示类型'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(fields=['subject_type', 'subject_id'], name='notice_subject'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(fields=['division', '-id'], name='notice_division'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(fields=('number', 'version'), name='notice_version_once'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(fields=('county', 'year', 'sequence', 'version'), name='notice_sequence_once'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('supersedes__isnull', True), ('version', 1)), models.Q(('supersedes__isnull', False), ('version__gt', 1)), _connector='OR'), name='notice_version_follows_another'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('content_sha256__regex', '^[0-9a-f]{64}$'), ('content_sha256__startswith', models.F('check_code'))), name='notice_check_code_of_content'),
        ),
    ]

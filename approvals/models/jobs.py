from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from organizations.models import User


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: User) -> JobQuerySet:
        return self.filter(owner=user)


class Job(models.Model):
    """Long work with an owner and a progress bar. The row is the duty; Celery hurries it."""

    class Status(models.TextChoices):
        QUEUED = "queued", "排队"
        RUNNING = "running", "进行中"
        READY = "ready", "待确认"
        DONE = "done", "完成"
        FAILED = "failed", "未通过"

    kind = models.CharField("任务", max_length=60)
    title = models.CharField("名称", max_length=120)
    owner = models.ForeignKey(User, models.PROTECT, related_name="jobs", verbose_name="发起人")
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.QUEUED)
    arguments = models.JSONField("参数", default=dict)
    result = models.JSONField("结果", default=dict)
    done = models.PositiveIntegerField("已处理", default=0)
    total = models.PositiveIntegerField("总数", default=0)
    input_path = models.CharField("输入文件", max_length=200, blank=True)
    output_path = models.CharField("结果文件", max_length=200, blank=True)
    created_at = models.DateTimeField("提交时间", default=timezone.now)
    started_at = models.DateTimeField("开始时间", null=True, blank=True)
    finished_at = models.DateTimeField("结束时间", null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = "任务"
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(done__lte=models.F("total")), name="job_done_within_total"
            )
        ]
        indexes = [models.Index(fields=("status", "id"), name="job_status")]

    def __str__(self) -> str:
        return self.title

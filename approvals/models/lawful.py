"""The tables of transitions as the database knows them. The application's role reads them only."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from organizations.models import Role

from .decisions import Duty


class LawfulStep(models.Model):
    """A step that a life has, one row for each status, target and role. `migrate` writes them
    from the workflows; a trigger refuses a decision that is none of them."""

    life = models.CharField("事项类别", max_length=60)
    action = models.CharField("动作", max_length=40)
    from_status = models.CharField("原状态", max_length=30)
    to_status = models.CharField("新状态", max_length=30)
    role = models.CharField("岗位", max_length=24, choices=Role.choices)
    duty = models.CharField("职责", max_length=30, choices=Duty.choices)
    # What a subject waits for at the status, and what waits for the seats of the stay.
    is_forward = models.BooleanField("向前", default=False)
    criteria = ArrayField(models.CharField(max_length=40), verbose_name="逐项意见", default=list)

    class Meta:
        verbose_name = "法定步骤"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=("life", "action", "from_status", "to_status", "role"),
                name="lawful_step_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.life} {self.action}"


class StepProof(models.Model):
    """What a decision must rest on when its transaction ends: the name of an SQL function that
    takes the decision's id and answers NULL, or what is missing. Rows come with migrations."""

    life = models.CharField("事项类别", max_length=60)
    action = models.CharField("动作", max_length=40)
    function = models.CharField("核验函数", max_length=60)

    class Meta:
        verbose_name = "步骤要件"
        constraints = [
            models.UniqueConstraint(fields=("life", "action", "function"), name="step_proof_once")
        ]

    def __str__(self) -> str:
        return f"{self.life} {self.action} {self.function}"

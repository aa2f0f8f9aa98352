from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.utils import timezone

from organizations.models import Division


class Subject(models.Model):
    """Anything with a life: a status that only `Workflow.perform` changes, over a division."""

    status = models.CharField("状态", max_length=30)
    status_since = models.DateTimeField("进入本状态时间", default=timezone.now)

    division: models.ForeignKey[Division, Division]

    # For lists of mixed lives: the field with the sum in yuan, the one with who made the row,
    # the fields in which words of the title are looked for, and the relations that the title, the
    # cases and the address read.
    amount_field: ClassVar[str] = ""
    author_field: ClassVar[str] = ""
    title_fields: ClassVar[tuple[str, ...]] = ()
    read_with: ClassVar[tuple[str, ...]] = ("division__parent",)
    # The template that shows `subject` to whoever takes a step, where its title is not enough.
    shown_by: ClassVar[str] = ""
    # What a step reads of the subject; joined to the row when it is locked.
    locked_with: ClassVar[tuple[str, ...]] = ("division",)

    class Meta:
        abstract = True

    def get_absolute_url(self) -> str:
        raise NotImplementedError

    @property
    def asked_amount(self) -> Decimal | None:
        """Yuan; None for a life that is not about a sum."""
        return getattr(self, self.amount_field) if self.amount_field else None

    @classmethod
    def life(cls) -> str:
        """The name of this life: the model's label, e.g. `projects.project`."""
        return str(cls._meta.label_lower)

    def case_keys(self) -> list[str]:
        """The cases, `kind:id`, in which one person may not hold two incompatible duties."""
        return [f"{self._meta.model_name}:{self.pk}"]

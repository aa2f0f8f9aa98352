from .payments import PaymentRequest, PaymentSource
from .projects import Project, ProjectPlace, ProjectSource, ProjectType, WorkItem
from .steps import (
    Acceptance,
    AssetStatement,
    Completion,
    Feedback,
    Revision,
    Settlement,
    VillageMeeting,
)

__all__ = [
    "Acceptance",
    "AssetStatement",
    "Completion",
    "Feedback",
    "PaymentRequest",
    "PaymentSource",
    "Project",
    "ProjectPlace",
    "ProjectSource",
    "ProjectType",
    "Revision",
    "Settlement",
    "VillageMeeting",
    "WorkItem",
]

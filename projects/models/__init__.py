from .acceptances import (
    Acceptance,
    AcceptanceLine,
    AcceptanceMember,
    Completion,
    Rectification,
    RectificationAnswer,
    RectificationItem,
    Settlement,
    SettlementAudit,
)
from .adjustments import Adjustment
from .bank import BankLine, BankMatch
from .charges import ItemCharge, ProjectCharge
from .contracts import Contract, ProcurementWay
from .filings import Filing, FilingReceipt, FilingVersion
from .idle import IdleLayer
from .library import CarryOver, LibraryEntry, LibraryExit
from .negative import NegativeHit, NegativeReview, NegativeRule, NegativeWaiver
from .payment_papers import PaymentPaper, PaymentPaperRule
from .payments import PaymentRequest, PaymentSource
from .plans import AnnualPlan, PlanItem, PlanItemSource
from .progress import Commencement, ProgressReport, QualityCheck
from .projects import (
    ItemSource,
    Project,
    ProjectPlace,
    ProjectSource,
    ProjectType,
    TypeBureau,
    WorkItem,
)
from .responsibilities import MajorRating, Responsibility
from .steps import (
    Answer,
    AssetStatement,
    DifferenceReading,
    Feedback,
    FeedbackItem,
    ProjectVersion,
    Revision,
    VillageMeeting,
)

__all__ = [
    "Acceptance",
    "AcceptanceLine",
    "AcceptanceMember",
    "Adjustment",
    "AnnualPlan",
    "Answer",
    "AssetStatement",
    "BankLine",
    "BankMatch",
    "CarryOver",
    "Commencement",
    "Completion",
    "Contract",
    "DifferenceReading",
    "Feedback",
    "FeedbackItem",
    "Filing",
    "FilingReceipt",
    "FilingVersion",
    "IdleLayer",
    "ItemCharge",
    "ItemSource",
    "LibraryEntry",
    "LibraryExit",
    "MajorRating",
    "NegativeHit",
    "NegativeReview",
    "NegativeRule",
    "NegativeWaiver",
    "PaymentPaper",
    "PaymentPaperRule",
    "PaymentRequest",
    "PaymentSource",
    "PlanItem",
    "PlanItemSource",
    "ProcurementWay",
    "ProgressReport",
    "Project",
    "ProjectCharge",
    "ProjectPlace",
    "ProjectSource",
    "ProjectType",
    "ProjectVersion",
    "QualityCheck",
    "Rectification",
    "RectificationAnswer",
    "RectificationItem",
    "Responsibility",
    "Revision",
    "Settlement",
    "SettlementAudit",
    "TypeBureau",
    "VillageMeeting",
    "WorkItem",
]

from .decisions import CarbonCopy, Decision, Duty, IncompatibleDuties
from .evidence import Evidence, PhotoUse
from .jobs import Job
from .meetings import Meeting
from .subjects import Subject

__all__ = [
    "CarbonCopy",
    "Decision",
    "Duty",
    "Evidence",
    "IncompatibleDuties",
    "Job",
    "Meeting",
    "PhotoUse",
    "Subject",
]

from .attempts import RefusedAttempt
from .decisions import CarbonCopy, Decision, Duty, IncompatibleDuties
from .digests import Digest
from .evidence import Evidence, PhotoUse
from .jobs import Job
from .lawful import LawfulStep, StepProof
from .meetings import AgendaItem, AgendaVersion, Meeting, MeetingMember, Recusal, Vote
from .office import Assignment, Reminder, Seat
from .subjects import Subject

__all__ = [
    "AgendaItem",
    "AgendaVersion",
    "Assignment",
    "CarbonCopy",
    "Decision",
    "Digest",
    "Duty",
    "Evidence",
    "IncompatibleDuties",
    "Job",
    "LawfulStep",
    "Meeting",
    "MeetingMember",
    "PhotoUse",
    "Recusal",
    "RefusedAttempt",
    "Reminder",
    "Seat",
    "StepProof",
    "Subject",
    "Vote",
]

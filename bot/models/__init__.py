"""Every table, with its states and permitted moves; one module per area."""

from bot.models.alarms import Alarm, AlarmCall, OnCall
from bot.models.base import Base
from bot.models.broadcasts import (
    Acknowledgement,
    Broadcast,
    Policy,
    Recipient,
    Rendition,
    Sending,
)
from bot.models.care import (
    DRILL_RHYTHMS,
    USUAL_MOST_OPEN,
    CarePolicy,
    DrillPlan,
    LanguageAim,
)
from bot.models.city import (
    Area,
    City,
    CityChange,
    EvacuationSite,
    StockText,
    TextVersion,
)
from bot.models.community import SAFETY_KINDS, CommunityQuestion, SafetyAnswer
from bot.models.conversations import (
    Case,
    Delivery,
    Message,
    PrivatePage,
    Translation,
    WebhookEvent,
)
from bot.models.kits import GroupCard, NetworkGroup, Sound
from bot.models.learned import LONGEST_LESSON, Learned
from bot.models.machine_texts import MachineText
from bot.models.menus import RichMenu
from bot.models.networks import (
    NETWORK_KINDS,
    KeyPerson,
    Member,
    Network,
    Post,
    Relay,
    RelayGap,
    TextClaim,
)
from bot.models.people import MUTABLE_CATEGORIES, Resident, ResidentArea
from bot.models.records import Chore, ClockOffset, Transition
from bot.models.rumours import (
    VERDICTS,
    Rumour,
    RumourAnswer,
    RumourQuestion,
    RumourTelling,
)
from bot.models.staff import ROLES, SignInFailure, Staff, StaffChange, StaffLink, StaffSession

__all__ = [
    "DRILL_RHYTHMS",
    "LONGEST_LESSON",
    "MUTABLE_CATEGORIES",
    "NETWORK_KINDS",
    "ROLES",
    "SAFETY_KINDS",
    "USUAL_MOST_OPEN",
    "VERDICTS",
    "Acknowledgement",
    "Alarm",
    "AlarmCall",
    "Area",
    "Base",
    "Broadcast",
    "CarePolicy",
    "Case",
    "Chore",
    "City",
    "CityChange",
    "ClockOffset",
    "CommunityQuestion",
    "Delivery",
    "DrillPlan",
    "EvacuationSite",
    "GroupCard",
    "KeyPerson",
    "LanguageAim",
    "Learned",
    "MachineText",
    "Member",
    "Message",
    "Network",
    "NetworkGroup",
    "OnCall",
    "Policy",
    "Post",
    "PrivatePage",
    "Recipient",
    "Relay",
    "RelayGap",
    "Rendition",
    "Resident",
    "ResidentArea",
    "RichMenu",
    "Rumour",
    "RumourAnswer",
    "RumourQuestion",
    "RumourTelling",
    "SafetyAnswer",
    "Sending",
    "SignInFailure",
    "Sound",
    "Staff",
    "StaffChange",
    "StaffLink",
    "StaffSession",
    "StockText",
    "TextClaim",
    "TextVersion",
    "Transition",
    "Translation",
    "WebhookEvent",
]

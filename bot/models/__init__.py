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
from bot.models.city import (
    Area,
    City,
    CityChange,
    EvacuationSite,
    StockText,
    TextVersion,
)
from bot.models.conversations import (
    Case,
    Delivery,
    Message,
    PrivatePage,
    Translation,
    WebhookEvent,
)
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
from bot.models.staff import ROLES, SignInFailure, Staff, StaffChange, StaffLink, StaffSession

__all__ = [
    "MUTABLE_CATEGORIES",
    "NETWORK_KINDS",
    "ROLES",
    "Acknowledgement",
    "Alarm",
    "AlarmCall",
    "Area",
    "Base",
    "Broadcast",
    "Case",
    "Chore",
    "City",
    "CityChange",
    "ClockOffset",
    "Delivery",
    "EvacuationSite",
    "KeyPerson",
    "Member",
    "Message",
    "Network",
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
    "Sending",
    "SignInFailure",
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

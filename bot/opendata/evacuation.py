"""Evacuation sites (指定緊急避難場所): GSI's table, and which are near.

Source of the columns: 国土地理院 指定緊急避難場所データ. A blank hazard column means that the
site is *not* designated for that hazard.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import TextIO

from bot.models import EvacuationSite

HAZARD_COLUMNS = {
    "earthquake": "地震",
    "tsunami": "津波",
    "flood": "洪水",
    "landslide": "崖崩れ、土石流及び地滑り",
    "fire": "大規模な火事",
    "storm_surge": "高潮",
    "inland_flood": "内水氾濫",
    "volcano": "火山現象",
}

_EARTH_RADIUS_METRES = 6_371_000


class EvacuationDataError(ValueError):
    """The file is not GSI's table; the text names the line and what is wrong."""


@dataclass(frozen=True)
class Near:
    """A site and how far away it is, in metres along the ground's curve."""

    site: EvacuationSite
    metres: int


def read_gsi(file: TextIO) -> list[EvacuationSite]:
    """The sites of GSI's CSV. Raises `EvacuationDataError`; nothing is read halfway."""
    rows = csv.DictReader(file)
    wanted = {"共通ID", "施設・場所名", "住所", "緯度", "経度", "備考", *HAZARD_COLUMNS.values()}
    missing = wanted - set(rows.fieldnames or ())
    if missing:
        raise EvacuationDataError(f"line 1: no column {'、'.join(sorted(missing))}")
    return [_site(row, line) for line, row in enumerate(rows, start=2)]


def _site(row: dict[str, str], line: int) -> EvacuationSite:
    try:
        latitude, longitude = float(row["緯度"]), float(row["経度"])
    except (TypeError, ValueError):
        raise EvacuationDataError(f"line {line}: 緯度 or 経度 is not a number") from None
    if not (row["共通ID"] or "").strip() or not (row["施設・場所名"] or "").strip():
        raise EvacuationDataError(f"line {line}: 共通ID or 施設・場所名 is empty")
    return EvacuationSite(
        id=row["共通ID"].strip(),
        name=row["施設・場所名"].strip(),
        address=(row["住所"] or "").strip(),
        hazards=[h for h, column in HAZARD_COLUMNS.items() if (row[column] or "").strip()],
        latitude=latitude,
        longitude=longitude,
        remarks=(row["備考"] or "").strip(),
    )


def nearest(
    sites: Iterable[EvacuationSite], hazard: str, latitude: float, longitude: float, count: int
) -> Sequence[Near]:
    """The `count` nearest sites designated for `hazard`, nearest first."""
    designated = (site for site in sites if hazard in site.hazards)
    near = (
        Near(s, metres_between(latitude, longitude, s.latitude, s.longitude)) for s in designated
    )
    return sorted(near, key=lambda found: (found.metres, found.site.id))[:count]


def metres_between(
    latitude: float, longitude: float, other_latitude: float, other_longitude: float
) -> int:
    """The great-circle distance between two points given in degrees (haversine)."""
    phi, other_phi = radians(latitude), radians(other_latitude)
    half_phi = sin((other_phi - phi) / 2)
    half_lambda = sin(radians(other_longitude - longitude) / 2)
    chord = half_phi**2 + cos(phi) * cos(other_phi) * half_lambda**2
    return round(2 * _EARTH_RADIUS_METRES * asin(sqrt(chord)))

"""The races, by area."""

from ..race import Race
from . import avatars, files, owners

TABLES = (owners.RACES, avatars.RACES, files.RACES)
RACES: tuple[Race, ...] = tuple(race for table in TABLES for race in table)

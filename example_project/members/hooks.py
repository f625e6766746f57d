"""What this site decides itself."""

from django_avaturn.client import Customization
from django_avaturn.hooks import AvaturnHooks
from django_avaturn.models import Avatar

# Ids of assets belong to a project at Avaturn: these are the sandbox's.
HOODIE, DRESS = (f"018ee7a6-7b80-7c07-a9fa-d0a07bd4{number:04d}" for number in (1, 8))
SHORT_HAIR, LONG_HAIR = (f"018ee7a6-7b80-7c07-a9fa-d0a07bd4{number:04d}" for number in (2, 13))
SNEAKERS, LOAFERS = (f"018ee7a6-7b80-7c07-a9fa-d0a07bd4{number:04d}" for number in (4, 19))


class PlazaHooks(AvaturnHooks):
    """Avatars from photos do not come naked."""

    def default_customization(self, avatar: Avatar) -> Customization:
        """What somebody wears until they choose for themselves."""
        female = avatar.gender == Avatar.Gender.FEMALE
        hair = {"id": LONG_HAIR if female else SHORT_HAIR, "color": "#5d3b28"}
        return Customization.parse(
            {
                "body": "body_1" if female else "body_0",
                "assets": {
                    "clothing": {"id": DRESS if female else HOODIE},
                    "hair_and_headwear": hair,
                    "footwear": {"id": LOAFERS if female else SNEAKERS},
                },
            }
        )

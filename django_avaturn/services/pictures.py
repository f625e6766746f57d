"""Portraits as they are stored: square, without metadata, in two sizes.

Needs Pillow (the extra ``portraits``). Without it, pictures from Avaturn are stored as they come.
"""

# The extra may be missing, which is asked before anything is used:
# pyright: reportOptionalMemberAccess=false, reportPossiblyUnboundVariable=false

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

from ..exceptions import PictureInvalid
from .opening import kind_of, open_picture
from .photo_ends import end_of

try:
    from PIL import Image, ImageOps
except ImportError:
    Image = None  # type: ignore[assignment]

LARGE, SMALL = 512, 128
"""Pixels of a side."""
MAX_PIXELS = 4096 * 4096
MAX_BYTES = 10 * 1024 * 1024
NO_PILLOW = (
    "Pictures from browsers need Pillow: pip install 'django-avaturn[portraits]'. Without it, set "
    "up a webhook, so that Avaturn sends the portraits."
)


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture."""

    data: bytes
    content_type: str

    @property
    def suffix(self) -> str:
        """The ending for its name."""
        return "." + self.content_type.removeprefix("image/")

    @property
    def facts(self) -> dict[str, Any]:
        """What the row says of it."""
        return {"size": len(self.data), "sha256": hashlib.sha256(self.data).hexdigest()}


def available() -> bool:
    """Whether Pillow is there."""
    return Image is not None


def encode(source: IO[bytes]) -> tuple[Picture, Picture]:
    """A picture of any usual kind as square WebP, large and small.

    Raises ``PictureInvalid`` where it cannot be read, is too large, or Pillow is missing.
    """
    if Image is None:
        raise PictureInvalid(NO_PILLOW)
    data = source.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise PictureInvalid(f"The picture has more than {MAX_BYTES // 2**20} MB.")
    square = _square(data)
    return _webp(square, LARGE), _webp(square, SMALL)


def _square(data: bytes) -> Any:
    """The decoded picture, upright, cut to a square from the top, where the face is."""
    try:
        kind = kind_of(file := BytesIO(data))
        if end_of(kind, file) is None:  # cut off, or of more parts than any picture has
            raise PictureInvalid("The picture is damaged.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # we have a limit
            image, turn = open_picture(kind, file)
            with image:
                if image.width * image.height > MAX_PIXELS:
                    raise PictureInvalid("The picture has too many pixels.")
                upright = _turned(image.convert("RGBA"), turn)
    except PictureInvalid:
        raise
    except Exception:  # Pillow's readers raise whatever they stumble over
        raise PictureInvalid("This is not a picture that can be read.") from None
    side = min(upright.size)
    return ImageOps.fit(upright, (min(side, LARGE),) * 2, centering=(0.5, 0.0))


def _turned(image: Any, turn: int) -> Any:
    """Upright, where ``turn`` is how Exif says that it is stored."""
    ways = Image.Transpose
    steps = (
        ways.FLIP_LEFT_RIGHT, ways.ROTATE_180, ways.FLIP_TOP_BOTTOM, ways.TRANSPOSE,
        ways.ROTATE_270, ways.TRANSVERSE, ways.ROTATE_90,
    )  # fmt: skip
    return image if turn == 1 else image.transpose(steps[turn - 2])


def _webp(square: Any, side: int) -> Picture:
    scaled = (
        square if square.width <= side else square.resize((side, side), Image.Resampling.LANCZOS)
    )
    out = BytesIO()
    scaled.save(out, "WEBP", quality=88)
    return Picture(out.getvalue(), "image/webp")

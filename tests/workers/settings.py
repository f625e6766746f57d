"""The site of a child process: that of the tests, with what its parent hands over."""

import json
import os

from tests.settings import *  # noqa: F403

globals().update(json.loads(os.environ["SITE_SETTINGS"]))

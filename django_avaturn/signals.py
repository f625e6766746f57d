"""Notifications. All are sent after the transaction has committed, with ``send_robust``."""

from django.dispatch import Signal

consent_given = Signal()
"""A user has agreed to a version of the site's consent text for the first time.

``sender`` is ``AvaturnProfile``, ``user`` who agreed, ``version`` the text's, ``given_at`` when.
"""

avatar_exported = Signal()
"""The user pressed Next and Avaturn confirmed that the avatar is theirs.

``sender`` is ``Avatar``, ``avatar`` the row, ``user`` its owner.
"""

avatar_ready = Signal()
"""Avaturn has finished an avatar, as its list confirms: it can be opened and exported.

``sender`` is ``Avatar``, ``avatar`` the row.
"""

model_stored = Signal()
"""A new model is in the storage.

``sender`` is ``AvatarFile``, ``file`` the row, ``avatar`` whose model it is.
"""

portrait_stored = Signal()
"""A new portrait is in the storage.

``sender`` is ``AvatarFile``, ``file`` the row, ``avatar`` whose portrait it is.
"""

avatar_deleted = Signal()
"""An avatar has been deleted here, by whatever road; Avaturn's copy goes right after.

``sender`` is ``Avatar``, ``avatar_id`` what its primary key was, ``profile_id`` whose it was.
"""

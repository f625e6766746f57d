"""Notifications. All are sent after the transaction has committed, with ``send_robust``."""

from django.dispatch import Signal

avatar_exported = Signal()
"""The user pressed Next and Avaturn confirmed that the avatar is theirs.

``sender`` is ``Avatar``, ``avatar`` the row, ``user`` its owner.
"""

"""Avaturn 3D avatars for the users of a Django site."""

__version__ = "0.1.0"

"""The REST API for drf-spectacular (the extra ``openapi``): every operation, body and error.

Loaded only where the site has ``drf_spectacular`` among its ``INSTALLED_APPS``; nothing else knows
of it. What it tells is taken from the views, the serializers and the tables of errors, so that it
follows them.
"""

from . import components, operations

__all__ = ["components", "operations"]

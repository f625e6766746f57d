"""The app's place in Django's registry."""

import mimetypes

from django.apps import AppConfig, apps
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class AvaturnConfig(AppConfig):
    """Registers the system checks, connects the receivers, keeps secrets out of logs."""

    name = "django_avaturn"
    verbose_name = _("3D avatars (Avaturn)")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, receivers, redaction, reporting  # noqa: F401

        if apps.is_installed("drf_spectacular"):
            from .rest import openapi  # noqa: F401
        # Python knows this type from 3.13 on; storages and servers ask it, and browsers sniff not.
        mimetypes.add_type("model/gltf-binary", ".glb")
        redaction.install()
        register(checks.check_settings, "avaturn")
        register(checks.check_environment, "avaturn")
        register(checks.check_deployment, "avaturn", deploy=True)
        register(checks.check_policies, "avaturn", deploy=True)

"""The avatar in 3D, beside its picture."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ..models import Avatar
from ..viewer import viewer_context


def preview(request: HttpRequest, avatar: Avatar) -> SafeString:
    """The 3D view, which loads when it is asked for, and the portrait; for the detail page."""
    user = avatar.profile.owner_name
    model, portrait = avatar.model, avatar.portrait
    model_url = model.url if model else ""
    picture_url = portrait.url if portrait else ""
    context = {
        "avatar": avatar,
        "model": model,
        "portrait": portrait,
        "picture_url": picture_url,
        "alt": _("Portrait of %(user)s") % {"user": user},
    }
    if model and model_url:
        viewer = viewer_context(
            model_url=model_url,
            poster_url=picture_url,
            alt=_("Avatar of %(user)s") % {"user": user},
            version=model.version,
            avatar_id=str(avatar.pk),
            reveal="click",
        )
        context["viewer"] = render_to_string("django_avaturn/viewer.html", viewer, request)
    return render_to_string("admin/django_avaturn/preview.html", context, request)

"""``path("avatar/", include("django_avaturn.urls"))`` in the site's URLconf."""

from django.urls import path, register_converter

from . import views as pages
from . import webhooks
from .redaction import SecretConverter
from .rest import views
from .rest.customizations import CustomizationDetail

app_name = "avaturn"

register_converter(SecretConverter, "avaturn_secret")

urlpatterns = [
    path("", pages.gallery, name="gallery"),
    path("sessions/", views.SessionList.as_view(), name="session-list"),
    path("avatars/", views.AvatarList.as_view(), name="avatar-list"),
    path("avatars/<uuid:pk>/", views.AvatarDetail.as_view(), name="avatar-detail"),
    path(
        "avatars/<uuid:pk>/customization/",
        CustomizationDetail.as_view(),
        name="avatar-customization",
    ),
    path("avatars/<uuid:pk>/exports/", views.ExportList.as_view(), name="export-list"),
    path("avatars/<uuid:pk>/renders/", views.RenderList.as_view(), name="render-list"),
    path("webhooks/<avaturn_secret:secret>/", webhooks.receive, name="webhook"),
    path("profile/", views.ProfileDetail.as_view(), name="profile-detail"),
]

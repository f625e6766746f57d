"""``path("avatar/", include("django_avaturn.urls"))`` in the site's URLconf."""

from django.urls import path

from .rest import views

app_name = "avaturn"

urlpatterns = [
    path("sessions/", views.SessionList.as_view(), name="session-list"),
    path("avatars/", views.AvatarList.as_view(), name="avatar-list"),
    path("avatars/<uuid:pk>/", views.AvatarDetail.as_view(), name="avatar-detail"),
    path("avatars/<uuid:pk>/exports/", views.ExportList.as_view(), name="export-list"),
    path("profile/", views.ProfileDetail.as_view(), name="profile-detail"),
]

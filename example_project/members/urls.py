"""The members' own pages."""

from django.contrib.auth import views as auth
from django.urls import path

from members import views

app_name = "members"

log_in = auth.LoginView.as_view(
    template_name="members/log_in.html", redirect_authenticated_user=True
)

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-up/", views.sign_up, name="sign_up"),
    path("log-in/", log_in, name="log_in"),
    path("log-out/", auth.LogoutView.as_view(), name="log_out"),
    path("try/", views.try_out, name="try"),
    path("profile/", views.profile, name="profile"),
    path("avatars/", views.avatars, name="avatars"),
    path("studio/", views.studio, name="studio"),
    path("photos/", views.photos, name="photos"),
    path("account/", views.account, name="account"),
    path("account/delete/", views.delete_account, name="account_delete"),
]

"""An API of its own beside ours, with fields and components that are called alike."""

from django.urls import include, path
from rest_framework import serializers
from rest_framework.generics import CreateAPIView


class ErrorSerializer(serializers.Serializer):
    code = serializers.ChoiceField(choices=("broken", "lost"))


class AvatarSerializer(serializers.Serializer):
    status = serializers.ChoiceField(choices=("drawn", "painted"))
    type = serializers.ChoiceField(choices=("oil", "chalk"))
    gender = serializers.ChoiceField(choices=("female", "male", "other"))
    error = ErrorSerializer()


class Paintings(CreateAPIView):
    serializer_class = AvatarSerializer


urlpatterns = [
    path("api/paintings/", Paintings.as_view()),
    path("avatar/", include("django_avaturn.urls")),
]

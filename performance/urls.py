from django.urls import path

from .views import declarations, targets

urlpatterns = [
    path("projects/<int:pk>/targets/", targets.target_list, name="target_list"),
    path("projects/<int:pk>/targets/new/", targets.target_new, name="target_new"),
    path("projects/<int:pk>/targets/fill/", targets.target_fill, name="target_fill"),
    path("projects/<int:pk>/declarations/new/", targets.declaration_new, name="declaration_new"),
    path("targets/<int:pk>/edit/", targets.target_edit, name="target_edit"),
    path("targets/<int:pk>/drop/", targets.target_drop, name="target_drop"),
    path("declarations/", declarations.life_list, {"of": "declaration"}, "declaration_list"),
    path("declarations/<int:pk>/", declarations.declaration_detail, name="declaration_detail"),
    path("declarations/<int:pk>/edit/", declarations.declaration_edit, name="declaration_edit"),
    path("declarations/<int:pk>/print/", declarations.declaration_print, name="declaration_print"),
    path(
        "declarations/<int:pk>/publish/",
        declarations.declaration_publish,
        name="declaration_publish",
    ),
]

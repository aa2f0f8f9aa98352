from django.urls import path

from funds.views import sheets

from .views import assets

urlpatterns = [
    path("assets/", assets.asset_list, name="asset_list"),
    path("assets/export/", sheets.export, {"name": "assets"}, "asset_export"),
    path("assets/<int:pk>/", assets.asset_detail, name="asset_detail"),
    path("assets/<int:pk>/edit/", assets.asset_edit, name="asset_edit"),
    path("assets/<int:pk>/value/", assets.asset_value, name="asset_value"),
    path("assets/<int:pk>/operation/", assets.asset_operation, name="asset_operation"),
    path("assets/<int:pk>/print/", assets.asset_print, name="asset_print"),
    # Assets are registered on their project.
    path("projects/<int:pk>/assets/new/", assets.asset_new, name="asset_new"),
    path("projects/<int:pk>/assets/none/", assets.no_assets_new, name="no_assets_new"),
]

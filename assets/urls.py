from django.urls import path

from funds.views import sheets

from .views import assets, imports, lives, stocktakes

urlpatterns = [
    path("assets/", assets.asset_list, name="asset_list"),
    path("assets/export/", sheets.export, {"name": "assets"}, "asset_export"),
    path("assets/import/", imports.asset_import, name="asset_import"),
    path(
        "assets/import/export/", sheets.export, {"name": "earlier_assets"}, "asset_earlier_export"
    ),
    path("assets/<int:pk>/", assets.asset_detail, name="asset_detail"),
    path("assets/<int:pk>/edit/", assets.asset_edit, name="asset_edit"),
    path("assets/<int:pk>/value/", assets.asset_value, name="asset_value"),
    path("assets/<int:pk>/operation/", assets.asset_operation, name="asset_operation"),
    path("assets/<int:pk>/print/", assets.asset_print, name="asset_print"),
    # Assets are registered on their project.
    path("projects/<int:pk>/assets/new/", assets.asset_new, name="asset_new"),
    path("projects/<int:pk>/assets/none/", assets.no_assets_new, name="no_assets_new"),
    # 移交
    path("projects/<int:pk>/handovers/new/", lives.handover_new, name="handover_new"),
    path("handovers/", lives.life_list, {"of": "handover"}, "handover_list"),
    path("handovers/<int:pk>/", lives.handover_detail, name="handover_detail"),
    path("handovers/<int:pk>/print/", lives.handover_print, name="handover_print"),
    # 收益
    path("assets/<int:pk>/incomes/new/", lives.income_new, name="income_new"),
    path("incomes/<int:pk>/reverse/", lives.income_reverse, name="income_reverse"),
    path("assets/<int:pk>/distributions/new/", lives.distribution_new, name="distribution_new"),
    path("distributions/", lives.life_list, {"of": "distribution"}, "distribution_list"),
    path("distributions/<int:pk>/", lives.distribution_detail, name="distribution_detail"),
    path("distributions/<int:pk>/edit/", lives.distribution_edit, name="distribution_edit"),
    # 巡查与清查
    path("assets/<int:pk>/inspections/new/", stocktakes.inspection_new, name="inspection_new"),
    path("stocktakes/", lives.life_list, {"of": "stocktake"}, "stocktake_list"),
    path("stocktakes/new/", stocktakes.stocktake_new, name="stocktake_new"),
    path("stocktakes/export/", sheets.export, {"name": "stocktake"}, "stocktake_export"),
    path("stocktakes/<int:pk>/", stocktakes.stocktake_detail, name="stocktake_detail"),
    path("stocktake-lines/<int:pk>/", stocktakes.stocktake_count, name="stocktake_count"),
    # 处置
    path("assets/<int:pk>/disposals/new/", lives.disposal_new, name="disposal_new"),
    path("disposals/", lives.life_list, {"of": "disposal"}, "disposal_list"),
    path("disposals/<int:pk>/", lives.disposal_detail, name="disposal_detail"),
]

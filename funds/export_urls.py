from django.urls import path

from .views import sheets

urlpatterns = [
    # 导入
    path("allotments/import/", sheets.sheet_import, {"name": "allotments"}, "allotment_import"),
    path("receipts/import/", sheets.sheet_import, {"name": "receipts"}, "receipt_import"),
    # 导出；?blank 是空白模板
    path("allotments/export/", sheets.export, {"name": "allotments"}, "allotment_export"),
    path("receipts/export/", sheets.export, {"name": "receipts"}, "receipt_export"),
    path("ledger/export/", sheets.export, {"name": "ledger"}, "ledger_export"),
    path("journal/export/", sheets.export, {"name": "journal"}, "journal_export"),
]

from django.urls import path

from .views import allotments, ledgers, months, proofs, receipts, vouchers

urlpatterns = [
    # 指标
    path("allotments/", allotments.allotment_list, name="allotment_list"),
    path("allotments/new/", allotments.allotment_new, name="allotment_new"),
    path("allotments/<int:pk>/", allotments.allotment_detail, name="allotment_detail"),
    path("allotments/<int:pk>/edit/", allotments.allotment_edit, name="allotment_edit"),
    path("allotments/<int:pk>/return/", allotments.allotment_return, name="allotment_return"),
    # 到账
    path("receipts/new/", receipts.receipt_new, name="receipt_new"),
    path("receipts/choose/", receipts.receipt_choose, name="receipt_choose"),
    # 台账
    path("ledger/", ledgers.fund_ledger, name="ledger"),
    path("journal/", ledgers.journal, name="journal"),
    # 凭证
    path("vouchers/<int:pk>/", vouchers.voucher_detail, name="voucher_detail"),
    path("vouchers/<int:pk>/reverse/", vouchers.voucher_reverse, name="voucher_reverse"),
    # 月份
    path("months/", months.month_list, name="month_list"),
    path("months/proof/", proofs.month_proof, name="month_proof"),
    path("months/verifier/", proofs.verifier, name="verifier"),
    path("months/prepare/", months.month_prepare, name="month_prepare"),
    path("months/<int:pk>/", months.month_detail, name="month_detail"),
]

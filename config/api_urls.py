from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from approvals import api as approvals
from assets import api as assets
from funds import api as funds
from organizations import api as organizations
from performance import api as performance
from projects import api as projects
from projects import api_adjustments as adjustments
from projects import api_contracts as contracts
from projects import api_meetings as meetings
from projects import api_responsibilities as responsibilities
from publicity import api as publicity
from reports import api as reports
from reports import api_inbox

router = SimpleRouter()
router.register("divisions", organizations.DivisionViewSet)
router.register("organizations", organizations.OrganizationViewSet)
router.register("posts", organizations.MyPostViewSet)
router.register("delegations", organizations.DelegationViewSet)
router.register("fund-categories", funds.FundCategoryViewSet)
router.register("allotments", funds.AllotmentViewSet)
router.register("ledger", funds.LedgerViewSet, "ledger-row")
router.register("vouchers", funds.VoucherViewSet)
router.register("months", funds.MonthViewSet)
router.register("project-types", projects.ProjectTypeViewSet)
router.register("projects", projects.ProjectViewSet)
router.register("meetings", meetings.MeetingViewSet)
router.register("contracts", contracts.ContractViewSet)
router.register("progress-reports", contracts.ProgressReportViewSet)
router.register("responsibilities", responsibilities.ResponsibilityViewSet)
router.register("payments", projects.PaymentViewSet)
router.register("adjustments", adjustments.AdjustmentViewSet)
router.register("notices", publicity.NoticeViewSet)
router.register("objections", publicity.ObjectionViewSet)
router.register("targets", performance.TargetViewSet)
router.register("assets", assets.AssetViewSet)
router.register("handovers", assets.HandoverViewSet)
router.register("distributions", assets.DistributionViewSet)
router.register("disposals", assets.DisposalViewSet)
router.register("stocktakes", assets.StocktakeViewSet)
router.register("monthly-returns", reports.MonthlyReturnViewSet)

# Its own template, because the package's carries an inline style that the browser must refuse.
docs = SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="api_docs.html")

urlpatterns = [
    path("token/", organizations.TokenView.as_view()),
    path("me/", organizations.MeView.as_view()),
    path("inbox/", approvals.InboxView.as_view()),
    path("receipts/", funds.ReceiptView.as_view()),
    path("returns/", funds.ReturnView.as_view()),
    path("figures/", funds.FiguresView.as_view()),
    path("deliveries/", api_inbox.receive_delivery, name="receive_delivery"),
    path("deliveries/marks/", api_inbox.answer_question, name="answer_question"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="api_docs"),
    path("", include(router.urls)),
]

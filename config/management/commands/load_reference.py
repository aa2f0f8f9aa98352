from typing import Any

from django.core.management.base import BaseCommand

from assets.reference_data import load_asset_data
from funds.reference_data import load_fund_categories
from organizations.reference_data import load_parameters, load_workdays
from performance.reference_data import load_indicators
from projects.reference_data import (
    load_negative_rules,
    load_payment_papers,
    load_procurement_ways,
    load_project_types,
    load_type_bureaux,
)
from publicity.reference_data import load_notice_types
from supervision.reference_data import load_alert_rules


class Command(BaseCommand):
    help = "Load the dated reference data: parameters, fund categories, project and notice types."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(
            f"新增参数 {load_parameters()} 项，资金类别 {load_fund_categories()} 项，"
            f"项目类型 {load_project_types()} 项，会审行业 {load_type_bureaux()} 项，"
            f"组织方式 {load_procurement_ways()} 项，"
            f"工作日历 {load_workdays()} 天，"
            f"公告公示类型 {load_notice_types()} 项，"
            f"资产子类和收益用途 {load_asset_data()} 项，预警规则 {load_alert_rules()} 条，"
            f"绩效指标 {load_indicators()} 项，"
            f"负面清单 {load_negative_rules()} 条，应附材料 {load_payment_papers()} 项"
        )

"""An asset as the township writes it down."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone

from approvals.papers import PaperField
from assets.models import Asset, AssetClass, AssetType, Operation
from assets.queries import standing_payments, worth_of
from funds.fields import AmountField, AmountOrZeroField
from funds.models import Voucher
from funds.money import format_yuan
from organizations.credit_codes import check_credit_code
from organizations.forms import date_input, words
from organizations.models import Division
from organizations.models.divisions import Level
from organizations.personal_data import refuse_personal_data
from projects.forms.steps import day
from projects.models import Project

GROUPS = (
    (
        "资产",
        (
            "name", "asset_class", "type", "value", "document", "quantity", "unit",
            "specification", "built_on",
        ),
    ),
    ("坐落", ("division", "address", "longitude", "latitude")),
    ("权属", ("owner_level", "owner_name", "owner_code", "titled_on", "title_document")),
    (
        "经营",
        (
            "operator_name", "operator_code", "mode", "contract_number", "starts_on", "ends_on",
            "yearly_rent",
        ),
    ),
    (
        "使用与管护",
        (
            "condition", "condition_since", "remedy", "remedy_note", "keeper_unit", "keeper_post",
            "keeping", "keeping_funds",
        ),
    ),
    ("受益", ("villages", "households", "people", "benefit")),
    ("监督管理", ("supervisor_unit", "supervisor_post")),
    (
        "会计与其他",
        ("booked_in", "booking_number", "depreciation", "useful_years", "is_mortgaged", "remark"),
    ),
)  # fmt: skip
OPERATION = (
    "operator_name", "operator_code", "mode", "contract_number", "starts_on", "ends_on",
    "yearly_rent",
)  # fmt: skip
OWN = tuple(
    name for _, names in GROUPS for name in names
    if name not in OPERATION and name not in ("value", "document")
)  # fmt: skip
# What a household's asset does not have, and any other must have.
NOT_OF_HOUSEHOLDS = ("owner_name", "owner_code", "address", "keeper_unit", "keeper_post")
NEEDED_OTHERWISE = ("owner_name", "keeper_unit", "keeper_post")
HOUSEHOLD_LEVEL = Asset.Level.HOUSEHOLD
FIRST_YEAR = 2012  # 党的十八大 (FACTS §5.1)


class TypeField(forms.ModelChoiceField[AssetType]):
    def label_from_instance(self, obj: AssetType) -> str:
        return f"{obj.get_asset_class_display()}—{obj}"


class PlaceField(forms.ModelChoiceField[Division]):
    def label_from_instance(self, obj: Division) -> str:
        above = obj.parent
        return f"{above}{obj}" if obj.level == Level.VILLAGE and above else str(obj)


class AssetForm(forms.ModelForm[Asset]):
    """Of an asset that is there already: what may change, with the reason."""

    type = TypeField(label="子类", queryset=AssetType.objects.none())
    division = PlaceField(label="坐落村、乡镇", queryset=Division.objects.none())
    built_on = day("购建（竣工）日期")
    titled_on = day("确权日期", required=False)
    condition_since = day("状况起始日期")
    benefit = words("项目效益", max_length=1000)

    class Meta:
        model = Asset
        fields = OWN

    def __init__(self, *args: Any, county: Division, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("type", types_for(self.instance))
        places = Division.objects.within([county.path]).filter(
            level__in=(Level.TOWNSHIP, Level.VILLAGE), is_current=True
        )
        self.choose("division", places.select_related("parent").order_by("code"))
        self.initial.setdefault("condition_since", timezone.localdate())
        if self.instance.pk:
            del self.fields["asset_class"]
            self.fields["reason"] = forms.CharField(
                label="修改事由", max_length=100, validators=[refuse_personal_data]
            )

    def choose(self, name: str, queryset: QuerySet[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = queryset

    def groups(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        for title, names in GROUPS:
            fields = [self[name] for name in names if name in self.fields]
            if fields:
                yield title, fields

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        kind = data.get("asset_class", self.instance.asset_class)
        if kind == AssetClass.HOUSEHOLD:
            self.check_household(data)
        elif kind:
            self.check_owned(data)
        chosen = data.get("type")
        if chosen and kind and chosen.asset_class != kind:
            self.add_error("type", f"“{chosen}”不属于“{AssetClass(kind).label}”")
        self.check_pairs(data)
        return data

    def check_household(self, data: dict[str, Any]) -> None:
        for name in NOT_OF_HOUSEHOLDS:
            if data.get(name):
                self.add_error(name, "到户类资产只登记户数、人数和金额，此栏不填")
        if data.get("owner_level") not in (None, HOUSEHOLD_LEVEL):
            self.add_error("owner_level", "到户类资产权属层级为“到户”")
        if not data.get("households"):
            self.add_error("households", "到户类资产须填受益户数")

    def check_owned(self, data: dict[str, Any]) -> None:
        for name in NEEDED_OTHERWISE:
            if not data.get(name) and name not in self.errors:
                self.add_error(name, f"请填写{self.fields[name].label}")
        if data.get("owner_level") == HOUSEHOLD_LEVEL:
            self.add_error("owner_level", "只有到户类资产权属层级为“到户”")

    def check_pairs(self, data: dict[str, Any]) -> None:
        """What goes together."""
        for first, second in (("titled_on", "title_document"), ("longitude", "latitude")):
            given = [name for name in (first, second) if data.get(name)]
            if len(given) == 1:
                other = second if given == [first] else first
                self.add_error(other, f"请同时填写{self.fields[other].label}")
        if data.get("depreciation") == Asset.Depreciation.STRAIGHT and not data.get("useful_years"):
            self.add_error("useful_years", "按年限平均法计提折旧的，请填写预计使用年限")
        booked = data.get("booked_in") not in (None, Asset.Books.NONE)
        if booked and not data.get("booking_number"):
            self.add_error("booking_number", "已入账的请填写入账凭证号")
        if data.get("condition") == Asset.Condition.IDLE and not data.get("remedy"):
            self.add_error("remedy", "闲置的资产请选择处理去向")

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in OWN if name in self.cleaned_data}

    def warnings(self) -> list[str]:
        """What is odd but no reason to refuse."""
        codes = (self.cleaned_data.get(n) for n in ("owner_code", "operator_code"))
        return [warning for code in codes if code and (warning := check_credit_code(code))]


def types_for(asset: Asset) -> QuerySet[AssetType]:
    """Of today's regime, and the one that is set."""
    rows = AssetType.objects.filter(
        Q(pk__in=AssetType.objects.in_force().values("pk")) | Q(pk=asset.type_id)
    )
    return rows.filter(asset_class=asset.asset_class) if asset.pk else rows


class OperationFields(forms.Form):
    """Who runs an asset. All empty is nobody, where that may be."""

    operator_name = forms.CharField(
        label="经营主体", max_length=80, required=False, validators=[refuse_personal_data],
        help_text="经营性资产必填",
    )  # fmt: skip
    operator_code = forms.CharField(label="经营主体统一社会信用代码", max_length=18, required=False)
    mode = forms.ChoiceField(
        label="经营方式", choices=[("", "请选择"), *Operation.Mode.choices], required=False
    )
    contract_number = forms.CharField(label="合同编号", max_length=60, required=False)
    starts_on = forms.DateField(label="起始日期", widget=date_input(), required=False)
    ends_on = forms.DateField(label="终止日期", widget=date_input(), required=False)
    yearly_rent = AmountOrZeroField(label="年租金（收益，元）", required=False)

    def check_operation(self, data: dict[str, Any]) -> None:
        names = ["mode", "starts_on"]
        if data.get("mode") not in ("", None, Operation.Mode.OWN):
            names += ["contract_number", "ends_on"]
        for name in names:
            if not data.get(name) and name not in self.errors:
                self.add_error(name, f"请填写{self.fields[name].label}")
        start, end = data.get("starts_on"), data.get("ends_on")
        if start and end and end < start:
            self.add_error("ends_on", f"终止日期 {end} 早于起始日期 {start}")
        own = data.get("mode") == Operation.Mode.OWN
        if own and (data.get("yearly_rent") or data.get("contract_number")):
            self.add_error("mode", "自营的不填合同编号和租金")

    def operation(self) -> dict[str, Any] | None:
        if not self.cleaned_data.get("operator_name"):
            return None
        return {name: self.cleaned_data[name] for name in OPERATION}


class RegistrationForm(OperationFields, AssetForm):
    """What is registered for the first time: with its value, and who runs it."""

    value = AmountField(label="原值（元）")
    document = forms.CharField(
        label="原值依据文号", max_length=80, help_text="决算审计报告、竣工决算等文号"
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        kind = data.get("asset_class")
        if data.get("operator_name") and kind == AssetClass.HOUSEHOLD:
            self.add_error("operator_name", "到户类资产不登记经营主体")
        elif data.get("operator_name"):
            self.check_operation(data)
        elif kind == AssetClass.OPERATING and "operator_name" not in self.errors:
            self.add_error("operator_name", "经营性资产须登记经营主体")
        return data

    def registration(self) -> dict[str, Any]:
        """What the services register it with."""
        return {
            "facts": self.facts(),
            "value": self.cleaned_data["value"],
            "document": self.cleaned_data["document"],
            "operation": self.operation(),
        }


class NewAssetForm(RegistrationForm):
    """Of a project: its value is what was paid and stands in no asset yet."""

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, county=project.county, **kwargs)
        self.worth = worth_of(project)
        settled = project.settlements.first()
        presets = {
            "value": format_yuan(self.worth.missing) if self.worth.missing > 0 else "",
            "document": settled.report_number if settled else "",
            "division": project.division_id,
            "benefit": project.linkage_note or project.content,
            "villages": project.villages_covered,
            "households": project.households,
            "people": project.people,
            "supervisor_unit": str(project.department),
            "owner_name": project.implementing_unit,
        }
        for name, value in presets.items():
            self.initial.setdefault(name, value)

    def clean_value(self) -> Decimal:
        value: Decimal = self.cleaned_data["value"]
        if value > self.worth.missing:
            raise ValidationError(
                f"项目已支付 {format_yuan(self.worth.paid)} 元，"
                f"已登记 {format_yuan(self.worth.worth)} 元，"
                f"本次最多 {format_yuan(max(self.worth.missing, Decimal(0)))} 元"
            )
        return value


EARLIER = ("year", "earlier_project", "earlier_sources", "earlier_fiscal")


class EarlierAssetForm(RegistrationForm):
    """Of a project of earlier years, as a row of a sheet brings it. Its subclass is one of the
    regime of its own years."""

    class Meta(AssetForm.Meta):
        fields = (*OWN, *EARLIER)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("type", AssetType.objects.all())
        self.fields["type"].error_messages["invalid_choice"] = "没有这一子类，或不属于所填类别"
        self.fields["division"].error_messages["invalid_choice"] = "本县没有这个乡镇、村的区划代码"
        for name in EARLIER[:3]:
            self.fields[name].required = True

    def clean_year(self) -> int:
        year: int = self.cleaned_data["year"]
        if not FIRST_YEAR <= year <= timezone.localdate().year:
            raise ValidationError(f"项目年度须在 {FIRST_YEAR} 年至今年之间")
        return year

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        fiscal, value = data.get("earlier_fiscal"), data.get("value")
        if fiscal is not None and value is not None and fiscal > value:
            self.add_error("earlier_fiscal", f"财政扶贫资金多于原值 {format_yuan(value)} 元")
        if data.get("starts_on") and not data.get("operator_name"):
            self.add_error("operator_name", "填写了经营期，请填写经营主体")
        return data

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), **{name: self.cleaned_data[name] for name in EARLIER}}


class OperationForm(OperationFields):
    """经营主体变更."""

    end_reason = forms.CharField(
        label="原经营提前终止的事由", max_length=200, required=False,
        validators=[refuse_personal_data], help_text="原经营期未满的必填，于新起始日期前一日终止",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["operator_name"].required = True
        self.fields["operator_name"].help_text = ""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        self.check_operation(data)
        return data


class ValueForm(forms.Form):
    """原值追加或更正."""

    kind = forms.ChoiceField(
        label="种类",
        choices=(("capitalised", "资本化追加（登记后又支付的，如质保金）"), ("corrected", "更正")),
    )
    amount = AmountField(label="金额（元）")
    is_reduction = forms.BooleanField(
        label="更正为减少", required=False, help_text="更正减少原值的勾选"
    )
    voucher = forms.ModelChoiceField(
        label="支付凭证", queryset=Voucher.objects.none(), required=False,
        help_text="资本化追加的必选",
    )  # fmt: skip
    document = forms.CharField(label="依据文号", max_length=80)
    paper = PaperField(
        label="依据原件", at_least=0, at_most=1, help_text="更正的必须上传。PDF、图片、XLSX 或 DOCX"
    )
    reason = forms.CharField(
        label="事由", max_length=200, required=False, validators=[refuse_personal_data]
    )

    def __init__(self, *args: Any, asset: Asset, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        paid = standing_payments(asset.project) if asset.project else []
        field = self.fields["voucher"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Voucher.objects.filter(pk__in={s.voucher.pk for s in paid}).order_by(
            "-sequence"
        )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("kind") == "capitalised":
            if not data.get("voucher"):
                self.add_error("voucher", "请选择支付凭证")
            if data.get("is_reduction"):
                self.add_error("is_reduction", "只有更正可以减少原值")
            return data
        for name in ("paper", "reason"):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, f"更正的请填写{self.fields[name].label}")
        return data

    @property
    def signed_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        return -amount if self.cleaned_data["is_reduction"] else amount


class NoAssetsForm(forms.Form):
    reason = words("不形成资产的理由", rows=2, max_length=200)

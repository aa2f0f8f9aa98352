"""The questions that reviewers answer one by one."""

from approvals.workflow import Criterion

DOCUMENT = "新扶贫领字〔2018〕76号"

# 乡镇审核六项, 二(三) “一上”.
TOWNSHIP = (
    Criterion("authenticity", "真实性", f"{DOCUMENT} 二(三)“一上”"),
    Criterion("necessity", "必要性", f"{DOCUMENT} 二(三)“一上”"),
    Criterion("content", "建设内容", f"{DOCUMENT} 二(三)“一上”"),
    Criterion("budget", "资金概算", f"{DOCUMENT} 二(三)“一上”"),
    Criterion("benefit", "预期效益", f"{DOCUMENT} 二(三)“一上”"),
    Criterion("participation", "贫困群众参与情况和带贫减贫机制", f"{DOCUMENT} 二(三)“一上”"),
)

# 县级论证三性, 二(三) “一下”.
APPRAISAL = (
    Criterion("science", "科学性", f"{DOCUMENT} 二(三)“一下”"),
    Criterion("compliance", "合规性", f"{DOCUMENT} 二(三)“一下”"),
    Criterion("feasibility", "可行性", f"{DOCUMENT} 二(三)“一下”"),
)

# 九方面支出不得使用, 一; checked when a project is set up and again before money leaves.
PROHIBITED = (
    Criterion("NL1", "行政事业单位基本支出", f"{DOCUMENT} 一(一)"),
    Criterion("NL2", "购买交通工具及通讯设备", f"{DOCUMENT} 一(二)"),
    Criterion("NL3", "各种奖金、津贴和福利补助", f"{DOCUMENT} 一(三)"),
    Criterion("NL4", "弥补企业亏损", f"{DOCUMENT} 一(四)"),
    Criterion("NL5", "修建楼堂馆所及贫困农牧场、林场棚户改造以外的职工住宅", f"{DOCUMENT} 一(五)"),
    Criterion("NL6", "弥补预算支出缺口和偿还债务", f"{DOCUMENT} 一(六)"),
    Criterion("NL7", "大中型基本建设项目", f"{DOCUMENT} 一(七)"),
    Criterion("NL8", "城市基础设施建设和城市扶贫", f"{DOCUMENT} 一(八)"),
    Criterion("NL9", "其他与脱贫攻坚无关的开支", f"{DOCUMENT} 一(九)"),
)

"""The questions that reviewers answer one by one. The nine prohibitions are dated data and stand in
`negative.py`."""

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

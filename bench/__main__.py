"""`./run bench [PART …]`: measure; without a name, all."""

from __future__ import annotations

import argparse
import signal
import sys

import django

PARTS = (
    "storm",
    "pay",
    "inbox",
    "pages",
    "trace",
    "returns",
    "region",
    "workbook",
    "deliveries",
    "import",
)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="./run bench",
        description="测量记账、待办、页面、穿透、月报、汇总、工作簿、送达、导入和并发",
    )
    parser.add_argument("parts", nargs="*", metavar="|".join(PARTS), help="只测其中几项")
    parser.add_argument("--tries", type=int, default=20_000, help="风暴的次数")
    parser.add_argument("--payments", type=int, default=1200, help="每一档支付的笔数")
    parser.add_argument("--projects", type=int, default=10_000, help="页面测量的项目数")
    parser.add_argument("--entries", type=int, default=200_000, help="页面测量的分录数")
    parser.add_argument("--returns", type=int, default=200, help="送达的月报份数")
    parser.add_argument("--down", type=float, default=30, help="接收方中断的秒数")
    parser.add_argument("--seed", type=int, default=1, help="线路故障的随机种子")
    options = parser.parse_args()
    wanted = options.parts or list(PARTS)
    if unknown := [part for part in wanted if part not in PARTS]:
        parser.error(f"没有“{'、'.join(unknown)}”，可选：{'、'.join(PARTS)}")
    # Children and the scratch database go with an orderly end only.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    django.setup()
    from bench.parts import run  # noqa: PLC0415 - needs the models, which need django.setup()

    return run([part for part in PARTS if part in wanted], options)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Recompute a published sample: python3 verify_sample.py list.txt (nothing of Yichi is needed)."""

import hashlib
import math
import sys
from fractions import Fraction

lines = open(sys.argv[1], encoding="utf-8").read().splitlines()  # noqa: SIM115
seed, ratio = lines[1].removeprefix("seed="), Fraction(lines[2].removeprefix("ratio="))
split = lines.index("[picked]")
frame, picked = lines[lines.index("[frame]") + 1 : split], lines[split + 1 :]
place = {n: hashlib.sha256(f"{seed}\n{n}".encode()).hexdigest() for n in frame}
found = sorted(frame, key=lambda n: place[n])[: math.ceil(len(frame) * ratio)]
for number in found:
    print(place[number][:16], number)
if found != picked:
    sys.exit("公布的抽中名单与重新计算的不一致")
print(f"一致：{len(frame)} 个中抽中 {len(found)} 个")

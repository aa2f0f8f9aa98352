"""./run: the commands."""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence

from config.launch.checks import run_tests, test_environment
from config.launch.demo import run_demo
from config.launch.environment import ensure_environment
from config.launch.home import ROOT, Home, LaunchError, find_home
from config.launch.processes import Interrupted, attend, handling, is_running, raise_interrupted
from config.launch.screen import say
from config.launch.servers import expected_addresses, remembered_servers, servers
from config.launch.site import Site, child_environment

HELP = """\
用法：
  ./run demo [--fresh] [--port N]   启动演示；--fresh 清空后重新装入示范数据
  ./run test [pytest 参数]          检查代码并运行全部测试；有参数时只运行 pytest
  ./run manage 命令 …               运行任意 Django 管理命令
  ./run bench [参数]                测量记账速度
  ./run info                        以 JSON 显示本副本的地址和演示账号
  ./run help                        显示本说明

环境变量：
  YICHI_HOME      数据目录（默认为代码目录下的 .yichi），不同目录可同时运行
  DATABASE_URL    使用已有的 PostgreSQL 18，不启动内置数据库
  REDIS_URL       使用已有的 Redis 或 Valkey，不启动内置服务
"""
# These take their arguments as they are; only "demo" has options of its own.
PASSING_ON = ("test", "manage", "bench")


def parse_demo(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run demo", add_help=False)
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--port", type=port_number)
    return parser.parse_args(arguments)


def port_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"端口应是 1 到 65535 的整数，而不是 {text}")
    return int(text)


def main(arguments: Sequence[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        with handling(raise_interrupted):
            return dispatch(arguments)
    except LaunchError as refusal:
        say(f"错误：{refusal}")
        return 1
    except PermissionError as error:
        say(
            f"错误：没有权限使用 {error.filename}，它属于另一个用户。"
            "请换一个数据目录：YICHI_HOME=目录 ./run …"
        )
        return 1
    except Interrupted as interruption:
        return 128 + interruption.signum


def dispatch(arguments: Sequence[str]) -> int:
    command, *rest = arguments or ["help"]
    if command in {"help", "-h", "--help"} or (command == "demo" and {"-h", "--help"} & {*rest}):
        print(HELP, end="")
        return 0
    if command == "info":
        return show_info(find_home(os.environ))
    if command == "demo":
        return in_site("demo", [], parse_demo(rest))
    if command in PASSING_ON:
        return in_site(command, rest)
    say(f"没有“{command}”这个命令。\n{HELP}")
    return 2


def in_site(command: str, rest: Sequence[str], options: argparse.Namespace | None = None) -> int:
    began = time.monotonic()
    home = find_home(os.environ)
    home.prepare()
    python = ensure_environment()
    with servers(home, python, os.environ) as addresses:
        site = Site(home, python, addresses, child_environment(home, addresses, os.environ))
        if options is not None:
            return run_demo(site, port=options.port, fresh=options.fresh, began=began)
        if command == "test":
            return run_tests(site, rest)
        if command == "bench":
            return attend([python, "-m", "bench", *rest], test_environment(site), ROOT)
        return attend([python, "manage.py", *rest], site.env, ROOT)


def show_info(home: Home) -> int:
    home.prepare()
    demo = home.remembered("demo")
    with home.lock("start").held():
        addresses = expected_addresses(home, os.environ)
    running = is_running(demo.get("launcher", {}))
    facts = {
        "running": running,
        "web": demo.get("web") if running else None,
        "servers_running": is_running(remembered_servers(home).get("postgres", {})),
        "database": addresses.database.as_json(),
        "broker": addresses.broker,
        "home": str(home.path),
        "demo_logins": demo.get("logins", []),
    }
    print(json.dumps(facts, ensure_ascii=False, indent=2))
    return 0

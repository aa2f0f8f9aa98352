"""The demonstration: a county with real projects, in the browser, with one command."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from config.launch.home import ROOT, Home, LaunchError
from config.launch.ports import HOST, WEB, free_listener
from config.launch.processes import (
    be_deaf,
    describe,
    end,
    handling,
    is_running,
    send,
    start_logged,
    wait_until,
)
from config.launch.screen import login_table, say, tail
from config.launch.servers import empty, remembered_servers
from config.launch.site import Site

Children = dict[str, subprocess.Popen[bytes]]
Servers = dict[str, dict[str, Any]]
NAMES = {
    "web": "网页服务",
    "worker": "后台任务",
    "beat": "定时任务",
    "postgres": "数据库",
    "valkey": "任务队列",
}


@contextlib.contextmanager
def only_demo(home: Home) -> Iterator[None]:
    """One demonstration per data folder; what a killed one left behind is ended first."""
    lock = home.lock("demo")
    if not lock.take(wait=False):
        web = home.remembered("demo").get("web")
        raise LaunchError(
            f"这个数据目录已有一个演示在运行：{web or '正在启动'}。"
            "要再开一个，请换目录：YICHI_HOME=另一个目录 ./run demo"
        )
    try:
        for child in home.remembered("demo").get("children", []):
            end(child, signal.SIGTERM, 10, group=True)
        yield
    finally:
        lock.release()


def run_demo(site: Site, *, port: int | None, fresh: bool, began: float) -> int:
    """Serve until interrupted; `began` is when the command was given, by time.monotonic()."""
    demo = replace(site, env=site.env | {"DEMO": "1"})
    with only_demo(site.home):
        if fresh:
            empty(site.home, site.python, os.environ)
        say("正在建表并装入示范数据 …")
        demo.manage("migrate", "--verbosity=0")
        demo.manage("seed_demo")
        logins = demo_logins(demo)
        remembered = site.home.remembered("demo").get("port")
        with free_listener(port or remembered or WEB) as listener:
            chosen = listener.getsockname()[1]
            if port and chosen != port:
                say(f"端口 {port} 已被占用，改用 {chosen}。")
            return serve(demo, listener, logins, began)


def demo_logins(site: Site) -> list[dict[str, str]]:
    answer = subprocess.run(
        [site.python, "manage.py", "demo_logins"],
        cwd=ROOT,
        env=site.env,
        stdout=subprocess.PIPE,
        check=False,
    )
    if answer.returncode:
        raise LaunchError("读取演示账号失败，原因见上面的输出。")
    logins: list[dict[str, str]] = json.loads(answer.stdout)
    return logins


def serve(site: Site, listener: socket.socket, logins: list[dict[str, str]], began: float) -> int:
    port: int = listener.getsockname()[1]
    web = f"http://{HOST}:{port}/"
    children: Children = {}
    own = own_servers(site.home)
    try:
        for name, command in commands(site, listener).items():
            log = site.home.log(name)
            fds = [listener.fileno()] if "gunicorn" in command else []
            children[name] = start_logged(command, log, site.env, ROOT, fds)
            remember(site.home, web, port, logins, children)
        listener.close()  # the web server has its own hold of it
        wait_for_web(site.home, port, children)
        show(web, logins, site.home, time.monotonic() - began)
        while not (dead := first_dead(children) or first_dead_server(own)):
            time.sleep(0.5)
        raise died(site.home, dead)
    finally:
        with handling(be_deaf):
            say("正在停止 …")
            for child in reversed(children.values()):
                stop(child)
            site.home.remember("demo", {"port": port, "logins": logins})


def commands(site: Site, listener: socket.socket) -> dict[str, list[str | Path]]:
    module: list[str | Path] = [site.python, "-m"]
    celery = [*module, "celery", "-A", "config.celery"]
    schedule = site.home.path / "beat-schedule"
    pool = ["--pool=solo"] if sys.platform == "win32" else ["--concurrency=2"]
    return {
        "web": web_command(site, listener),
        "worker": [*celery, "worker", "--loglevel=INFO", "--without-mingle", *pool],
        "beat": [*celery, "beat", "--loglevel=INFO", f"--schedule={schedule}", "--pidfile="],
    }


def web_command(site: Site, listener: socket.socket) -> list[str | Path]:
    if sys.platform == "win32":
        port = listener.getsockname()[1]
        listener.close()  # no handing on of sockets here
        return [site.python, "manage.py", "runserver", "--noreload", f"{HOST}:{port}"]
    gunicorn: list[str | Path] = [site.python, "-m", "gunicorn", "config.wsgi:application"]
    pool = ["--workers=2", "--worker-class=gthread", "--threads=4"]
    return [*gunicorn, f"--bind=fd://{listener.fileno()}", *pool, "--no-control-socket"]


def remember(
    home: Home, web: str, port: int, logins: list[dict[str, str]], children: Children
) -> None:
    facts = {
        "launcher": describe(os.getpid()),
        "children": [describe(child.pid) for child in children.values()],
    }
    home.remember("demo", facts | {"web": web, "port": port, "logins": logins})


def wait_for_web(home: Home, port: int, children: Children) -> None:
    if not wait_until(lambda: bool(first_dead(children)) or is_healthy(port), 90, step=0.1):
        log = home.log("web")
        raise LaunchError(f"网页服务 90 秒内没有就绪，日志 {log} 的末尾：\n{tail(log)}")
    if dead := first_dead(children):
        raise died(home, dead)


def is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def first_dead(children: Children) -> str | None:
    return next((name for name, child in children.items() if child.poll() is not None), None)


def own_servers(home: Home) -> Servers:
    """Without what was given by its address: that is its administrator's to watch."""
    known, given = remembered_servers(home), {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
    return {name: known[name] for name, variable in given.items() if not os.environ.get(variable)}


def first_dead_server(own: Servers) -> str | None:
    return next((name for name, facts in own.items() if not is_running(facts)), None)


def died(home: Home, name: str) -> LaunchError:
    log = home.log(name)
    return LaunchError(f"{NAMES[name]}意外退出，日志 {log} 的末尾：\n{tail(log)}")


def stop(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        end(describe(child.pid), signal.SIGTERM, 15, group=True)
        child.wait()
    else:
        send(child.pid, signal.SIGTERM, group=True)  # workers of a leader that has died


def show(web: str, logins: list[dict[str, str]], home: Home, seconds: float) -> None:
    board = [
        "",
        f"一池已经启动，用时 {seconds:.1f} 秒。请用浏览器打开：",
        "",
        f"    {web}",
        "",
        "演示账号（人物均为虚构）：",
        login_table(logins),
        "",
        f"数据在 {home.path}，日志在 {home.logs}。按 Ctrl+C 停止，数据保留。",
    ]
    print("\n".join(board), flush=True)

import json
import stat
from pathlib import Path

import pytest

from config.launch import home as home_module
from config.launch.home import Home, LaunchError, find_home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "数据 目录" / "甲")
    home.prepare()
    return home


def test_the_data_folder_is_in_the_checkout_unless_moved() -> None:
    assert find_home({}, Path("/代码")).path == Path("/代码/.yichi")
    assert find_home({"YICHI_HOME": "/别处/数 据"}).path == Path("/别处/数 据")


def test_secrets_are_made_once_and_kept_private(home: Home) -> None:
    first = home.secrets()
    assert home.secrets() == first
    assert len(set(first.values())) == len(first)
    assert stat.S_IMODE((home.path / "secrets.json").stat().st_mode) == 0o600


def test_a_new_kind_of_secret_leaves_the_old_ones(home: Home) -> None:
    first = home.secrets()
    kept = {name: value for name, value in first.items() if name != "app_password"}
    (home.path / "secrets.json").write_text(json.dumps(kept))
    later = home.secrets()
    assert kept.items() <= later.items()
    assert later["app_password"] != first["app_password"]


def test_a_torn_state_file_counts_as_none(home: Home) -> None:
    (home.path / "demo.json").write_text('{"port": 80')
    assert home.remembered("demo") == {}


@pytest.mark.parametrize(("as_root", "mode"), [(True, 0o711), (False, 0o700)])
def test_only_the_servers_of_root_may_pass_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_root: bool, mode: int
) -> None:
    monkeypatch.setattr(home_module, "is_root", lambda: as_root)
    home = Home(tmp_path / "甲")
    home.prepare()
    assert stat.S_IMODE(home.path.stat().st_mode) == mode


def test_an_existing_folder_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    Home(tmp_path).prepare()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o750


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LaunchError, match="YICHI_HOME"):
        Home(tmp_path / "file" / "甲").prepare()


def test_users_share_and_the_last_one_finds_itself_alone(home: Home) -> None:
    one, other, leaver = home.lock("users"), home.lock("users"), home.lock("users")
    assert one.take(shared=True) and other.take(shared=True)
    one.release()
    assert not leaver.take(wait=False)
    other.release()
    assert leaver.take(wait=False)
    leaver.release()

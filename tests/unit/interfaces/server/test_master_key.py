"""Where the master key comes from: the environment, or the home of an embedded installation, never out of nothing."""

import os
import stat

import pytest

from yibao.interfaces.server import settings

NAMED = "a master key of the environment that is long enough"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("YIBAO_HOME", str(tmp_path))
    for name in ("YIBAO_MASTER_KEY", "YIBAO_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_embedded_installation_makes_one_and_keeps_it_for_its_owner_alone(home):
    (first,) = settings._master_keys()
    assert settings._master_keys() == (first,)
    assert len(first) >= 43
    assert stat.S_IMODE((home / "master-key").stat().st_mode) == 0o600
    assert [file.name for file in home.iterdir()] == ["master-key"]


def test_of_several_processes_one_makes_it(home, monkeypatch):
    link = os.link

    def overtaken(source, target):
        (home / "master-key").write_text("what the other process made, at the same time")
        return link(source, target)

    monkeypatch.setattr(os, "link", overtaken)
    assert settings._kept("master-key") == "what the other process made, at the same time"
    assert [file.name for file in home.iterdir()] == ["master-key"]


def test_a_new_line_on_top_is_the_newest(home):
    (home / "master-key").write_text("new-key\nold-key\n")
    assert settings._master_keys() == ("new-key", "old-key")


def test_the_environment_names_them_newest_first(home, monkeypatch):
    monkeypatch.setenv("YIBAO_MASTER_KEY", f"{NAMED}, older ,")
    assert settings._master_keys() == (NAMED, "older")
    assert list(home.iterdir()) == []


def test_a_server_of_ones_own_gets_none_by_itself(home, monkeypatch):
    monkeypatch.setenv("YIBAO_DATABASE_URL", "postgresql://nobody@nowhere/none")
    assert settings._master_keys() == ()
    assert list(home.iterdir()) == []

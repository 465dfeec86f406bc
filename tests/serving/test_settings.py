"""One name for each setting, the nearest word wins, every flaw is told at once."""

from __future__ import annotations

import pytest

from venule.serving import SettingsMalformed, load_settings, summary

DATABASE = "postgresql://venule:hush@db.example/books"


def test_the_nearest_word_wins(tmp_path):
    file = tmp_path / "venule.toml"
    file.write_text('home = "a"\nlisten = "127.0.0.1:1"\nat_work_max = 7\n')

    settings = load_settings(
        file, {"VENULE_LISTEN": "127.0.0.1:2", "VENULE_HOME": "b", "PATH": "x"}, {"home": "c"}
    )
    assert ("c", "127.0.0.1:2", 7) == (settings.home, settings.listen, settings.at_work_max)
    assert 600 == load_settings().at_work_max


def test_every_flaw_is_told_at_once(tmp_path):
    file = tmp_path / "venule.toml"
    file.write_text('at_work_max = 0\nrails = "x"\nrail = "x"\n')

    with pytest.raises(SettingsMalformed) as caught:
        load_settings(file, {"VENULE_STOP_S": "soon"})
    told = "; ".join(caught.value.flaws)
    for name in ("at_work_max", "rails", "rail:", "stop_s"):
        assert name in told


@pytest.mark.parametrize(
    "said, flaw",
    [
        ({"listen": "8080"}, "listen"),
        ({"listen": "a:99999"}, "listen"),
        ({"tls_key_file": "k"}, "tls"),
        ({"public_url": "pay.example"}, "public_url"),
        ({"home": DATABASE}, "vault_key_file"),
        ({"home": DATABASE, "vault_key_file": "v"}, "writer_secret_file"),
        ({"sandbox": True, "writer": "elsewhere"}, "sandbox"),
        ({"webhook_networks": ["10.0.0.1/8"]}, "webhook_networks"),
    ],
)
def test_what_does_not_go_together(said, flaw):
    with pytest.raises(SettingsMalformed, match=flaw):
        load_settings(said=said)


def test_a_file_that_is_none(tmp_path):
    for content in (b"\xff", b"home = ", b"[home"):
        (tmp_path / "f").write_bytes(content)
        with pytest.raises(SettingsMalformed):
            load_settings(tmp_path / "f")
    with pytest.raises(SettingsMalformed):
        load_settings(tmp_path / "missing")


def test_what_is_shown_holds_no_password():
    settings = load_settings(
        said={"home": DATABASE, "vault_key_file": "v", "writer_secret_file": "w"}
    )
    shown = dict(summary(settings))

    assert not any("hush" in value or "venule:" in value for value in shown.values())
    assert set(settings.__struct_fields__) == set(shown)
    assert not settings.writes_here


@pytest.mark.parametrize(
    "said, url, domain",
    [
        ({}, "http://127.0.0.1:8080", "127.0.0.1"),
        ({"public_url": "https://pay.example/"}, "https://pay.example", "pay.example"),
        ({"listen": "[::1]:443", "tls_key_file": "k", "tls_certificate_file": "c"},
         "https://[::1]:443", "::1"),
        ({"passkey_domain": "example"}, "http://127.0.0.1:8080", "example"),
    ],
)  # fmt: skip
def test_what_callers_see(said, url, domain):
    settings = load_settings(said=said)
    assert (url, domain) == (settings.url, settings.domain)

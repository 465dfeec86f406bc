"""A process that serves a home over HTTP: joins the rooms' operations, who may call them, the work
beside the requests, and how the process begins and ends."""

from venule.serving.errors import SettingsMalformed
from venule.serving.process import serve as serve_settings
from venule.serving.service import work_beside
from venule.serving.settings import LogStyle, Settings, load_settings, summary

__all__ = [
    "LogStyle",
    "Settings",
    "SettingsMalformed",
    "load_settings",
    "serve_settings",
    "summary",
    "work_beside",
]

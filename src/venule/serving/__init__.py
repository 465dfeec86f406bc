"""A process that serves a home over HTTP: joins the rooms' operations, who may call them, the work
beside the requests, and how the process begins and ends."""

from venule.serving.errors import SettingsMalformed
from venule.serving.settings import Settings, load_settings, summary

__all__ = ["Settings", "SettingsMalformed", "load_settings", "summary"]

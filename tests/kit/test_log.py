"""Logs: one JSON object or one line an event, and no personal data in either."""

import io
import json
import logging
from pathlib import Path

import pytest
import structlog

from venule.kit import log


@pytest.fixture
def stream():
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield io.StringIO()
    root.setLevel(level)
    root.handlers = handlers
    structlog.reset_defaults()


def test_what_libraries_log_looks_the_same(stream):
    log.configure("json", stream=stream)
    log.configure("json", stream=stream)
    logger = logging.getLogger("a.library")
    logger.warning("no answer for %s", "13800138000")
    try:
        raise ValueError("6222021234567890123")
    except ValueError:
        logger.exception("failed")

    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first.pop("at").endswith("Z")
    assert {
        "event": "no answer for [hidden]", "level": "warning", "logger": "a.library"
    } == first  # fmt: skip
    assert "ValueError: [hidden]" in second["exception"]


def test_json_is_one_object_an_event(stream):
    log.configure("json", stream=stream)
    structlog.get_logger().info("paid", amount=1234, account=13800138000, path=Path("/h"))

    event = json.loads(stream.getvalue())
    assert event.pop("at").endswith("Z")
    expected = {
        "event": "paid", "level": "info", "amount": 1234, "account": 13800138000, "path": "/h"
    }  # fmt: skip
    assert expected == event


@pytest.mark.parametrize("style", ["json", "console"])
def test_personal_data_is_hidden(stream, style):
    log.configure(style, stream=stream)
    logger = structlog.get_logger()
    logger.info(
        "call 13800138000", name="张三", nested={"phone": 1, "list": ["6222021234567890123"]}
    )
    try:
        raise ValueError("11010519491231002X")
    except ValueError:
        logger.exception("failed")

    text = stream.getvalue()
    assert "[hidden]" in text
    for secret in ("13800138000", "张三", "6222021234567890123", "11010519491231002"):
        assert secret not in text


def test_what_is_below_the_level_is_not_written(stream):
    log.configure("console", stream=stream)
    structlog.get_logger().debug("detail")

    assert "" == stream.getvalue()

"""The client's operations, waiting and awaited, out of the paths of the description."""

from __future__ import annotations

import re
from textwrap import indent
from typing import Any, Final

from venule.serving.client_models import Models, docstring

Operation = tuple[str, str, dict[str, Any]]

STREAM: Final = "text/event-stream"
JSON: Final = "application/json"

HEAD: Final = '''\
"""Operations of the group `{tag}`."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal
from uuid import UUID

from venule.client import models
from venule.client.events import STREAM, Event
from venule.client.ports import AsyncSender, Sender
from venule.client.shapes import Ask, part
'''

GROUP: Final = '''\
class {name}:
    """{doc}"""

    def __init__(self, sender: {sender}) -> None:
        self._sender = sender
'''


def operations_file(tag: str, operations: list[Operation], models: Models) -> str:
    """Return the file of a group."""
    parts = [HEAD.format(tag=tag)]
    for is_async in (False, True):
        name = group_name(tag, is_async)
        group = GROUP.format(
            name=name,
            doc="What can be asked for; each answer is awaited." if is_async
            else "What can be asked for.",
            sender="AsyncSender" if is_async else "Sender",
        )  # fmt: skip
        methods = [_method(each, models, is_async) for each in operations]
        parts.append("\n".join([group, *(indent(text, "    ") for text in methods)]))
    return "\n\n".join(parts)


def group_name(tag: str, is_async: bool) -> str:
    """Return the class of a group."""
    word = "".join(part.capitalize() for part in tag.split("-"))
    return f"{'Async' if is_async else ''}{word}Operations"


def root_file(tags: list[str]) -> str:
    """Return the file that joins the groups."""
    lines = [
        '"""Every operation of the API, in groups."""',
        "",
        "from __future__ import annotations",
        "",
        "from venule.client.ports import AsyncSender, Sender",
    ]
    for tag in tags:
        names = f"{group_name(tag, True)}, {group_name(tag, False)}"
        lines.append(f"from venule.client.operations.{_module(tag)} import {names}")
    for is_async in (False, True):
        prefix = "Async" if is_async else ""
        doc = "all groups of operations, awaited" if is_async else "all groups of operations"
        lines += [
            "",
            "",
            f"class {prefix}Operations:",
            f'    """What a client has: {doc}."""',
            "",
            f"    def __init__(self, sender: {prefix}Sender) -> None:",
            *(f"        self.{_module(tag)} = {group_name(tag, is_async)}(sender)" for tag in tags),
        ]
    return "\n".join(lines) + "\n"


def _module(tag: str) -> str:
    return tag.replace("-", "_")


def _method(each: Operation, models: Models, is_async: bool) -> str:
    method, path, operation = each
    gives, media = _answer(operation, models)
    streams = media == STREAM
    takes, ask = _takes(operation, models)
    arguments = [f"method={method!r}", f"path={_path(path)}"]
    if gives != "None" and not streams:
        arguments.append(f"gives={gives}")
    if streams:
        arguments.append("accepts=STREAM")
    elif media not in {"", JSON}:
        arguments.append(f"accepts={media!r}")
    made = "Ask[None]" if gives == "None" and not streams else "Ask"
    call = f"{made}({', '.join([*arguments, *ask])})"
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", operation["operationId"]).lower()
    if streams:
        kind = "AsyncIterator[Event]" if is_async else "Iterator[Event]"
        head, body = f"def {name}({', '.join(takes)}) -> {kind}:", f"self._sender.stream({call})"
    elif is_async:
        head = f"async def {name}({', '.join(takes)}) -> {gives}:"
        body = f"await self._sender.send({call})"
    else:
        head, body = f"def {name}({', '.join(takes)}) -> {gives}:", f"self._sender.send({call})"
    if gives != "None" or streams:
        body = f"return {body}"
    said = docstring(_told(method, path, operation))
    return f"{head}\n" + indent(f"{said}{body}\n", "    ")


def _told(method: str, path: str, operation: dict[str, Any]) -> str:
    summary = operation["summary"].rstrip(".") + "."
    rest = operation.get("description", "")
    return f"{summary}\n\n{rest}\n\n`{method} {path}`"


def _path(path: str) -> str:
    if "{" not in path:
        return repr(path)
    return 'f"' + re.sub(r"\{(\w+)\}", r"{part(\1)}", path) + '"'


def _takes(operation: dict[str, Any], models: Models) -> tuple[list[str], list[str]]:
    """Return the parameters of a method, and what it puts into the call."""
    parameters = operation["parameters"]
    takes: list[str] = ["self"]
    ask: list[str] = []
    takes += [
        f"{each['name']}: {_or_text(models.type_of(each['schema'], 'models.'))}"
        for each in parameters
        if each["in"] == "path"
    ]
    content = operation.get("requestBody", {}).get("content", {})
    if content:
        ((media, said),) = content.items()
        kind = models.type_of(said["schema"], "models.") if media == JSON else "bytes"
        takes.append(f"body: {kind}")
        ask.append("body=body")
        if media != JSON:
            ask.append(f"takes={media!r}")
    queries = [each for each in parameters if each["in"] == "query"]
    money = any(each["name"] == "Idempotency-Key" for each in parameters)
    if queries or money:
        takes.append("*")
    for each in sorted(queries, key=lambda each: not each.get("required")):
        kind = models.type_of(each["schema"], "models.")
        takes.append(f"{each['name']}: {kind}" + ("" if each.get("required") else " | None = None"))
    if queries:
        pairs = ", ".join(f"{each['name']!r}: {each['name']}" for each in queries)
        ask.append(f"query={{{pairs}}}")
    if money:
        takes.append("idempotency_key: str | None = None")
        ask += ["money=True", "key=idempotency_key"]
    return takes, ask


def _or_text(kind: str) -> str:
    return kind if kind == "str" else f"{kind} | str"


def _answer(operation: dict[str, Any], models: Models) -> tuple[str, str]:
    """Return the type and media type of the good answer."""
    for status, said in operation["responses"].items():
        if status.startswith("2"):
            for media, content in said.get("content", {}).items():
                if media == JSON:
                    return models.type_of(content["schema"], "models."), media
                return ("None" if media == STREAM else "bytes"), media
    return "None", ""

"""A shop written for alipay-sdk-python: steps come as JSON lines, answers go as JSON lines."""

import importlib
import json
import sys

from alipay.aop.api.AlipayClientConfig import AlipayClientConfig
from alipay.aop.api.DefaultAlipayClient import DefaultAlipayClient
from alipay.aop.api.util.SignatureUtils import get_sign_content, verify_with_rsa

setup = json.loads(sys.stdin.readline())
config = AlipayClientConfig()
config.server_url = setup["gateway"]
config.app_id = setup["app_id"]
config.app_private_key = setup["private_key"]
config.alipay_public_key = setup["public_key"]
config.charset = setup.get("charset", "utf-8")
client = DefaultAlipayClient(config)


def made(kind, name):
    return getattr(importlib.import_module(f"alipay.aop.api.{kind}.{name}"), name)()


def request_of(method, fields, notify_url=None, return_url=None):
    name = "".join(part[:1].upper() + part[1:] for part in method.replace("_", ".").split("."))
    request = made("request", f"{name}Request")
    request.biz_content = fields
    request.notify_url = notify_url
    request.return_url = return_url
    return name, request


for line in sys.stdin:
    step = json.loads(line)
    try:
        if step["do"] == "call":
            name, request = request_of(step["method"], step["fields"], step.get("notify_url"))
            for key, value in step.get("beside", {}).items():
                setattr(request, key, value)
            content = client.execute(request)
            response = made("response", f"{name}Response")
            response.parse_response_content(content)
            answer = {"success": response.is_success(), "content": json.loads(content)}
        elif step["do"] == "page":
            _, request = request_of(
                step["method"], step["fields"], step.get("notify_url"), step.get("return_url")
            )
            answer = {"page": client.page_execute(request, step.get("http", "GET"))}
        else:  # a notification or a return, verified as the SDK's own documentation says
            values = {k: v for k, v in step["values"].items() if k not in ("sign", "sign_type")}
            text = get_sign_content(values).encode("utf-8")
            sound = verify_with_rsa(config.alipay_public_key, text, step["values"]["sign"])
            answer = {"verified": bool(sound)}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)

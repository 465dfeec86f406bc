"""A shop written for python-alipay-sdk: steps come as JSON lines, answers go as JSON lines."""

import json
import sys

from alipay import AliPay

setup = json.loads(sys.stdin.readline())
armour = "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----".format(setup["public_key"])
client = AliPay(
    appid=setup["app_id"],
    app_notify_url=None,
    app_private_key_string=setup["private_pem"],
    alipay_public_key_string=armour,
)
client._gateway = setup["gateway"]

for line in sys.stdin:
    step = json.loads(line)
    try:
        if step["do"] == "call":
            how = {"notify_url": step["notify_url"]} if step.get("notify_url") else {}
            answer = {"content": client.server_api(step["method"], step["fields"], **how)}
        elif step["do"] == "api":
            answer = {"content": getattr(client, step["name"])(**step["fields"])}
        else:
            values = dict(step["values"])
            sign = values.pop("sign")
            answer = {"verified": bool(client.verify(values, sign))}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)

"""A shop written for the package alipay 0.7.4 of 2014: steps and answers are JSON lines."""

import json
import sys

import requests
from alipay import Alipay

told, sys.stdout = sys.stdout, sys.stderr  # one method prints what it is given
setup = json.loads(sys.stdin.readline())
Alipay.GATEWAY_URL = setup["gateway"]
Alipay.NOTIFY_GATEWAY_URL = setup["gateway"] + "?service=notify_verify&partner=%s&notify_id=%s"
client = Alipay(pid=setup["partner"], key=setup["md5_key"], seller_id=setup["partner"])
# The two batch methods name the seller by their login and no other way.
by_login = Alipay(pid=setup["partner"], key=setup["md5_key"], seller_email=setup["seller_email"])

for line in sys.stdin:
    step = json.loads(line)
    try:
        if step["do"] == "url":
            who = by_login if step.get("by_login") else client
            answer = {"url": getattr(who, step["name"])(**step["fields"])}
        elif step["do"] == "ask":
            answer = {"text": getattr(client, step["name"])(**step["fields"])}
        elif step["do"] == "visit":
            address = getattr(client, step["name"])(**step["fields"])
            answer = {"text": requests.get(address, headers={"connection": "close"}).text}
        else:
            answer = {"verified": client.verify_notify(**step["values"])}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=told, flush=True)

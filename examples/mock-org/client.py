"""Talks to a mock org with nothing but Python's standard library. The org's address is in URL."""

import json
import os
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

login = {
    "grant_type": "password",
    "client_id": "mock-client",
    "client_secret": "mock-secret",
    "username": "admin@mock.org",
    "password": "mock-password",
}
with urlopen(os.environ["URL"] + "/services/oauth2/token", urlencode(login).encode()) as answer:
    session = json.load(answer)


def call(method, path, body=None):
    headers = {"Authorization": "Bearer " + session["access_token"], "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    url = session["instance_url"] + "/services/data/v62.0" + path
    with urlopen(Request(url, data, headers, method=method)) as answer:
        return None if answer.status == 204 else json.load(answer)


soql = "SELECT Id, TotalAmount FROM Order WHERE Status = 'Activated' ORDER BY TotalAmount DESC LIMIT 3"
largest = call("GET", "/query?" + urlencode({"q": soql}))["records"][0]
call("PATCH", "/sobjects/Order/" + largest["Id"], {"PoNumber": "PO-4711"})
try:
    call("DELETE", "/sobjects/Order/" + largest["Id"])
except HTTPError as refusal:
    print(refusal.code, json.load(refusal)[0]["errorCode"])  # 400 DELETE_FAILED

"""The generated files are those of today's description, and are whole."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import httpx
import msgspec
import pytest

import venule.client
from venule.client import AsyncClient, Client, models
from venule.client.shapes import Struct, Word
from venule.serving.make_client import client_files, description_of_house

FOLDER = Path(venule.client.__file__).parent


@pytest.fixture(scope="module")
def description():
    return description_of_house()


def test_the_committed_files_are_current(description):
    """`make pages` writes them."""
    made = client_files(description)
    committed = {
        path.relative_to(FOLDER).as_posix(): path.read_text("utf-8")
        for part in ("models", "operations")
        for path in (FOLDER / part).glob("*.py")
    }

    assert sorted(made) == sorted(committed)
    for path, text in made.items():
        assert text.splitlines() == committed[path].splitlines(), f"{path}: run `make pages`"


def test_importing_it_loads_nothing_of_the_house():
    code = (
        "import sys, venule.client\n"
        "names = {name.split('.')[0] for name in sys.modules}\n"
        "rooms = {name for name in sys.modules if name.startswith('venule.')}\n"
        "print(sorted(names & {'numba', 'numpy', 'starlette', 'sqlite3', 'psycopg'}))\n"
        "print(sorted(n for n in rooms if not n.startswith(('venule.client', 'venule.kit'))))\n"
        "print(sorted(n for n in rooms if n.startswith('venule.kit.')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    light = ["venule.kit.errors", "venule.kit.ids", "venule.kit.time"]
    assert ["[]", "[]", str(light)] == done.stdout.splitlines()


def test_every_operation_is_in_both_clients(description):
    names = {
        (operation["tags"][0], operation["operationId"].lower())
        for methods in description["paths"].values()
        for operation in methods.values()
    }
    for client in (Client("http://x.example"), AsyncClient("http://x.example")):
        found = {
            (tag, name.replace("_", ""))
            for tag, group in vars(client).items()
            if type(group).__name__.endswith("Operations")
            for name, _ in inspect.getmembers(group, inspect.ismethod)
            if not name.startswith("_")
        }
        assert names == found


def test_every_struct_can_be_read_and_written():
    shown = [each for each in vars(models).values() if inspect.isclass(each)]
    assert len(shown) > 200
    for each in shown:
        assert issubclass(each, Struct | Word)
        msgspec.json.Decoder(each)


def contents(operation):
    """Yield the JSON that an operation takes and gives when all is well."""
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            yield answer.get("content", {}).get("application/json", {})
    yield operation.get("requestBody", {}).get("content", {}).get("application/json", {})


def test_the_examples_of_the_reference_are_read_whole(description):
    """Each has a class that knows all of its fields, and gives the same back."""
    seen = 0
    for methods in description["paths"].values():
        for operation in methods.values():
            for content in contents(operation):
                if "example" not in content or "$ref" not in content["schema"]:
                    continue
                example = content["example"]
                kind = getattr(models, content["schema"]["$ref"].rpartition("/")[2])
                read = msgspec.convert(example, kind)
                assert set(example) <= set(kind.__struct_encode_fields__)
                assert read == msgspec.json.decode(msgspec.json.encode(read), type=kind)
                seen += 1
    assert seen > 100


def test_what_is_not_known_yet_is_no_fault():
    raw = b'{"amount":"1.00","currency":"CNY","tax":"0.06"}'
    assert models.Amount(amount="1.00") == msgspec.json.decode(raw, type=models.Amount)

    state = msgspec.json.decode(b'"on_the_moon"', type=models.MemberState)
    assert "on_the_moon" == state.value
    assert b'"on_the_moon"' == msgspec.json.encode(state)


def test_a_call_is_sent_as_the_reference_says():
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"items": [], "next_cursor": None})

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        client = Client("http://x.example/sandbox/w1/", http=http)
        client.wallet.list_payments(limit=3, direction="in")

    assert "http://x.example/sandbox/w1/v1/payments?limit=3&direction=in" == str(seen[0].url)
    assert b"" == seen[0].content
    assert "content-type" not in seen[0].headers

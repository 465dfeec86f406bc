"""`venule serve` as a process: from the first of the staff to a stopped service, nothing lost."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count

import pytest

from support.served import (
    NO_RETRY,
    cny,
    elsewhere,
    enrol,
    found_staff,
    login_of,
    open_merchant,
    open_person,
    payments_of,
    served,
    top_up,
    writing,
)
from venule.client import ApiProblem, ApiUnreachable, Bearer, Client, Retries, each, models

PAYERS = 4
ENOUGH = 60


def test_from_an_empty_place_to_a_refund(places, tmp_path):
    place = places("home")
    codes = found_staff(place, "Desk 1:desk1:operator", "Desk 2:desk2:operator,finance")
    with served(place, tmp_path) as service:
        staff = enrol(service.anyone, codes["desk1"]).client
        assert "staff" == staff.access.show_session().kind
        merchant_id = open_merchant(staff, "shop-1")
        payer_id = open_person(staff, "customer-1")
        payer = login_of(staff, payer_id, "customer1").client
        shop = login_of(staff, merchant_id, "shop1").client
        balances = payer.live_balances()
        assert "0.00" == next(balances).balance.amount
        top_up(payer, payer_id, "100.00", threading.Event())

        paid = payer.wallet.make_payment(
            models.WalletPayBody(merchant_id=merchant_id, amount=cny("12.30"), note="two coffees")
        )
        assert (models.PaymentState.PAID, "12.30") == (paid.state, paid.amount.amount)
        seen = [next(told.balance.amount for told in balances if told.balance.amount == "87.70")]
        back = shop.wallet.refund_payment(
            paid.id, models.WalletRefundBody(request_id="return-1", amount=cny("2.30"))
        )
        seen += [next(told.balance.amount for told in balances if told.balance.amount == "90.00")]
        balances.close()

        assert (["87.70", "90.00"], "2.30") == (seen, back.refunded.amount)
        lines = list(each(payer.wallet.show_statement))
        assert ["100.00", "-12.30", "2.30"] == [
            line.amount.amount for line in reversed(lines) if line.amount.amount != "0.00"
        ]
        shown = payer.wallet.show_payment(paid.id)
        assert models.PaymentState.PARTLY_REFUNDED == shown.state
        with pytest.raises(ApiProblem) as caught:
            payer.wallet.make_payment(
                models.WalletPayBody(merchant_id=merchant_id, amount=cny("90.01"))
            )
        assert (409, "insufficient-funds") == (caught.value.status, caught.value.code)
        with pytest.raises(ApiProblem) as caught:
            shop.wallet.make_payment(models.WalletPayBody(merchant_id=payer_id, amount=cny("1")))
        assert caught.value.status in {403, 404, 409}
        assert 0 == service.stop(), "".join(service.said)


def test_a_service_that_is_told_to_stop_answers_what_it_took(places, tmp_path):
    """Count both sides: what was answered is there, and what was not is there once or not at all;
    asked again with its key it is there once."""
    place = places("home")
    codes = found_staff(place, "Desk 1:desk1:operator", "Desk 2:desk2:operator")
    numbers, answered, unanswered, refused = count(), {}, [], []
    enough = threading.Event()

    def pay(client, merchant_id):
        while True:
            key = f"load-{next(numbers)}"
            body = models.WalletPayBody(merchant_id=merchant_id, amount=cny("0.01"), note=key)
            try:
                answered[key] = client.wallet.make_payment(body, idempotency_key=key).id
            except ApiProblem as problem:
                refused.append((key, problem.code))
                return
            except ApiUnreachable:
                unanswered.append(key)
                return
            if len(answered) >= ENOUGH:
                enough.set()

    with served(place, tmp_path) as service, ExitStack() as stack:
        staff = enrol(service.anyone, codes["desk1"]).client
        merchant_id, payer_id = open_merchant(staff, "shop-1"), open_person(staff, "customer-1")
        payer = login_of(staff, payer_id, "customer1")
        top_up(payer.client, payer_id, "100.00", threading.Event())
        client = stack.enter_context(Client(service.url, Bearer(payer.token), retries=NO_RETRY))
        with ThreadPoolExecutor(PAYERS) as pool:
            running = [pool.submit(pay, client, merchant_id) for _ in range(PAYERS)]
            assert enough.wait(60)
            os.kill(service.process.pid, signal.SIGTERM)
            code = service.process.wait(60)
            for each_ in running:
                each_.result(60)
        assert 0 == code
        assert {"stopping"} >= {code for _, code in refused}
        assert PAYERS == len(unanswered) + len(refused)

    with served(place, tmp_path) as service:
        again = service.anyone.signed_in(payer.token)
        kept = {line.note: line.id for line in payments_of(again)}
        assert answered.items() <= kept.items()
        assert kept.keys() <= answered.keys() | set(unanswered)
        for key in [*unanswered, *(key for key, _ in refused), *list(answered)[-3:]]:
            body = models.WalletPayBody(merchant_id=merchant_id, amount=cny("0.01"), note=key)
            answered[key] = again.wallet.make_payment(body, idempotency_key=key).id
        kept = payments_of(again)
        assert {(line.note, line.id) for line in kept} == set(answered.items())
        assert len(kept) == len(answered)
        left = 10_000 - len(kept)
        assert f"{left // 100}.{left % 100:02}" == again.wallet.show_balance().balance.amount
        assert 0 == service.stop()


PATIENT = Retries(attempts_max=40, first_s=0.1, longest_s=1.0)
PAYMENTS = 40
KILL_AFTER = 12


def test_processes_before_a_writer_that_is_killed(places, tmp_path):
    """Two processes serve, a third one writes and is killed under load: who calls with our client
    notices nothing but a pause, and each payment is there once."""
    place = places("home")
    codes = found_staff(place, "Desk 1:desk1:operator", "Desk 2:desk2:operator")
    done = count()
    begun = threading.Event()

    def pay(client, key, merchant_id):
        body = models.WalletPayBody(merchant_id=merchant_id, amount=cny("0.01"), note=key)
        made = client.wallet.make_payment(body, idempotency_key=key).id
        if next(done) >= KILL_AFTER:
            begun.set()
        return key, made

    with ExitStack() as stack:
        first = stack.enter_context(writing(place, tmp_path))
        settings = elsewhere(place, tmp_path)
        one, two = (stack.enter_context(served(place, tmp_path, **settings)) for _ in range(2))
        staff = enrol(one.anyone, codes["desk1"]).client
        merchant_id, payer_id = open_merchant(staff, "shop-1"), open_person(staff, "customer-1")
        payer = login_of(staff, payer_id, "customer1")
        top_up(payer.client, payer_id, "100.00", threading.Event())
        clients = [
            stack.enter_context(Client(service.url, Bearer(payer.token), retries=PATIENT))
            for service in (one, two)
        ]
        pool = stack.enter_context(ThreadPoolExecutor(PAYERS))
        same = [pool.submit(pay, clients[n % 2], "same", merchant_id) for n in range(PAYERS)]
        assert 1 == len({each_.result(60) for each_ in same})

        load = [pool.submit(pay, clients[n % 2], f"load-{n}", merchant_id) for n in range(PAYMENTS)]
        assert begun.wait(60)
        first.kill()
        stack.enter_context(writing(place, tmp_path))
        answered = dict(each_.result(120) for each_ in [same[0], *load])

        assert PAYMENTS + 1 == len(answered)
        kept = payments_of(clients[1])
        assert sorted(answered.items()) == sorted((line.note, line.id) for line in kept)
        assert "99.59" == clients[0].wallet.show_balance().balance.amount
        assert [0, 0] == [one.stop(), two.stop()]

"""A buyer's wish for a refund: every way it can go, by words and by silence."""

from datetime import timedelta

import pytest

from support.escrow_town import EscrowTown
from venule.escrow import (
    EVIDENCE_BYTES_MAX,
    EVIDENCE_FILES_MAX,
    AnswerCase,
    Appeal,
    AskRefund,
    AwardTo,
    BuyerIsSeller,
    CaseState,
    CaseStillOpen,
    DecideRuling,
    EscrowTransitionIllegal,
    EvidenceClosed,
    EvidenceTooLarge,
    EvidenceTypeRefused,
    FileEvidence,
    NotTheParty,
    OpenDispute,
    RefundExceedsTrade,
    RequestNoReused,
    Rule,
    RulingUnbalanced,
    RulingUnknown,
    SameOperator,
    SendBack,
    Ship,
    Silence,
    Terms,
    TooManyOfTrade,
    TradeState,
    WithdrawCase,
    answer_case,
    appeal,
    ask_refund,
    case,
    cases_to_rule,
    decide_ruling,
    evidence,
    evidence_file,
    file_evidence,
    open_dispute,
    rule,
    rulings,
    send_back,
    ship,
    withdraw_case,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


class Story:
    """A shipped trade of 10,000 fen with a case, and short words for what happens to it."""

    def __init__(self, town: EscrowTown, setting: str) -> None:
        self.town = town
        words = setting.split()
        amount = 4_000 if "part" in words else None
        self.trade = town.paid(10_000) if "unshipped" in words else town.shipped(10_000)
        self.case = town.ask(self.trade, amount, goods_back="goods" in words)

    def tell(self, word: str) -> None:
        town, id_ = self.town, self.case.id
        shop, buyer = town.shop, town.buyer
        match word.split():
            case ["agree"]:
                town.run(answer_case, AnswerCase(id_, shop, agree=True))
            case ["refuse"]:
                town.run(answer_case, AnswerCase(id_, shop, agree=False, words="no"))
            case ["withdraw"]:
                town.run(withdraw_case, WithdrawCase(id_, buyer))
            case ["dispute"]:
                town.run(open_dispute, OpenDispute(id_, buyer))
            case ["send"]:
                town.run(send_back, SendBack(id_, buyer, "SF", "SF 9"))
            case ["ship"]:
                town.run(ship, Ship(self.trade.id, shop, "SF", "SF 1"))
            case ["rule", to_buyer]:
                town.run(rule, self.ruling("ann", int(to_buyer)))
            case ["appeal"]:
                town.run(appeal, Appeal(id_, shop, "unjust"))
            case ["rule-again", to_buyer]:
                town.run(rule, self.ruling("eve", int(to_buyer)))
            case ["approve"]:
                town.run(decide_ruling, DecideRuling(id_, "bob", approve=True))
            case ["reject"]:
                town.run(decide_ruling, DecideRuling(id_, "bob", approve=False))
            case ["silence"]:
                town.pass_to(self.now.due_at + timedelta(minutes=1))
            case _:
                raise ValueError(word)

    def ruling(self, operator: str, to_buyer: int) -> Rule:
        return Rule(self.case.id, operator, to_buyer, 10_000 - to_buyer, "so be it")

    @property
    def now(self):
        return self.town.read(case, self.case.id)


# setting | what happens | case | trade | held, the buyer's, the seller's part
STORIES = """
all            | agree                                | refunded | closed   | 0 10000 0
part           | agree                                | refunded | shipped  | 6000 4000 0
unshipped      | silence                              | refunded | closed   | 0 10000 0
unshipped part | silence                              | refunded | paid     | 6000 4000 0
unshipped part | ship, agree                          | refunded | shipped  | 6000 4000 0
unshipped      | refuse, ship, dispute                | disputed | shipped  | 10000 0 0
all            | silence                              | disputed | shipped  | 10000 0 0
all            | withdraw                             | closed   | shipped  | 10000 0 0
all            | refuse, withdraw                     | closed   | shipped  | 10000 0 0
all            | refuse, agree                        | refunded | closed   | 0 10000 0
all            | refuse, silence                      | closed   | shipped  | 10000 0 0
goods          | agree                                | returning| shipped  | 10000 0 0
goods          | agree, send                          | returned | shipped  | 10000 0 0
goods          | agree, send, agree                   | refunded | closed   | 0 10000 0
goods          | agree, send, silence                 | refunded | closed   | 0 10000 0
goods          | agree, send, refuse                  | disputed | shipped  | 10000 0 0
goods          | agree, silence                       | closed   | shipped  | 10000 0 0
goods          | agree, withdraw                      | closed   | shipped  | 10000 0 0
goods          | agree, agree                         | refunded | closed   | 0 10000 0
all            | refuse, dispute, agree               | refunded | closed   | 0 10000 0
all            | refuse, dispute, withdraw            | closed   | shipped  | 10000 0 0
all            | refuse, dispute, rule 2500           | ruled    | shipped  | 10000 0 0
all            | refuse, dispute, rule 2500, silence  | executed | finished | 0 2500 7500
all            | refuse, dispute, rule 0, silence     | executed | finished | 0 0 10000
all            | refuse, dispute, rule 10000, silence | executed | closed   | 0 10000 0
unshipped      | refuse, dispute, rule 10, silence    | executed | finished | 0 10 9990
all            | refuse, dispute, rule 9, appeal      | appealed | shipped  | 10000 0 0
all            | silence, rule 9, appeal, rule-again 1| executed | finished | 0 1 9999
"""


@pytest.mark.parametrize("line", STORIES.strip().splitlines(), ids=lambda line: line[:55])
def test_every_way_a_case_can_go(town, line):
    setting, words, state, of, sums = (cell.strip() for cell in line.split("|"))
    story = Story(town, setting)
    for word in words.split(","):
        story.tell(word.strip())

    held, to_buyer, to_seller = map(int, sums.split())
    seen = (story.now.state.value, town.trade(story.trade).state.value, town.held)
    assert (state, of, held) == seen
    assert (990_000 + to_buyer, to_seller) == (town.fen(town.buyer), town.fen(town.shop))
    over = story.now.state in (CaseState.REFUNDED, CaseState.CLOSED, CaseState.EXECUTED)
    assert over == (town.trade(story.trade).case_id is None)
    assert [] == town.jobs.dead_jobs()


@pytest.mark.parametrize("line", STORIES.strip().splitlines(), ids=lambda line: line[:55])
def test_whatever_the_case_the_trade_ends(town, line):
    """Who is still waited for is silent from here on, and an operator rules at last."""
    setting, words, *_ = (cell.strip() for cell in line.split("|"))
    story = Story(town, setting)
    for word in words.split(","):
        story.tell(word.strip())
    for _ in range(3):
        town.wait(days=60)
        if story.now.state is CaseState.DISPUTED:
            story.tell("rule 5000")
        elif story.now.state is CaseState.APPEALED:
            story.tell("rule-again 5000")
    assert town.trade(story.trade).state in (TradeState.FINISHED, TradeState.CLOSED)
    assert (0, 1_000_000) == (town.held, town.fen(town.buyer) + town.fen(town.shop))


def test_silence_can_mean_yes(make_town):
    town = make_town(terms=Terms(fee_ppm=0, silence=Silence.AGREE))
    plain, goods = Story(town, "all"), Story(town, "goods")
    town.wait(days=5)
    assert (CaseState.REFUNDED, CaseState.RETURNING) == (plain.now.state, goods.now.state)


def test_one_case_at_a_time(town):
    trade = town.shipped(10_000)
    first = town.ask(trade, 1_000)
    with pytest.raises(CaseStillOpen):
        town.ask(trade, 1_000)
    again = AskRefund(trade.id, town.buyer, first.request_no, 1_000, "broken")
    assert first == town.run(ask_refund, again)
    with pytest.raises(RequestNoReused):
        town.run(ask_refund, AskRefund(trade.id, town.buyer, first.request_no, 1_001, "x"))
    with pytest.raises(CaseStillOpen):
        town.refund(trade, 1)
    town.run(answer_case, AnswerCase(first.id, town.shop, agree=True))
    second = town.ask(trade, 9_000)
    town.run(answer_case, AnswerCase(second.id, town.shop, agree=True))
    assert TradeState.CLOSED is town.trade(trade).state


def test_what_may_be_asked_and_by_whom(town):
    trade = town.shipped(10_000)
    with pytest.raises(RefundExceedsTrade):
        town.ask(trade, 10_001)
    with pytest.raises(RefundExceedsTrade):
        town.ask(trade, 1, shipment=2)
    with pytest.raises(NotTheParty):
        town.run(ask_refund, AskRefund(trade.id, town.shop, "C", 1, "x"))
    for other in (town.order(), town.instant()):
        with pytest.raises(EscrowTransitionIllegal):
            town.ask(other, 1)
    it = town.ask(trade, 1)
    with pytest.raises(NotTheParty):
        town.run(answer_case, AnswerCase(it.id, town.buyer, agree=True))
    with pytest.raises(NotTheParty):
        town.run(withdraw_case, WithdrawCase(it.id, town.shop))


# Evidence


def file(town, story, content=b"a letter", media_type="text/plain", by=None):
    command = FileEvidence(story.case.id, by or town.buyer, "it.txt", media_type, content)
    return town.run(file_evidence, command)


def test_files_are_kept_under_their_hash(town):
    story = Story(town, "all")
    made = [file(town, story), file(town, story, by=town.shop), file(town, story, PNG, "image/png")]

    assert made == town.read(evidence, story.case.id)
    assert made[0].sha256 == made[1].sha256
    assert PNG == town.read(evidence_file, made[2].id).content
    assert [(2,)] == town.read(lambda tx: tx.sql.rows("SELECT COUNT(*) FROM escrow_file"))
    with pytest.raises(NotTheParty):
        file(town, story, by=town.person())


@pytest.mark.parametrize(
    "content, media_type, error",
    [
        (b"", "text/plain", EvidenceTooLarge),
        (bytes(EVIDENCE_BYTES_MAX + 1), "image/png", EvidenceTooLarge),
        (b"MZ", "application/x-msdownload", EvidenceTypeRefused),
        (b"<html>", "text/html", EvidenceTypeRefused),
        (b"GIF89a", "image/png", EvidenceTypeRefused),
        (b"\xff\xfe", "text/plain", EvidenceTypeRefused),
        (b"a\0b", "text/plain", EvidenceTypeRefused),
    ],
)
def test_a_file_is_of_a_kind_and_size_that_we_keep(town, content, media_type, error):
    story = Story(town, "all")
    with pytest.raises(error):
        file(town, story, content, media_type)
    assert [] == town.read(evidence, story.case.id)


def test_a_side_files_so_many_and_in_time(town):
    story = Story(town, "all")
    for number in range(EVIDENCE_FILES_MAX):
        file(town, story, b"%d" % number)
    with pytest.raises(TooManyOfTrade):
        file(town, story)
    file(town, story, by=town.shop)
    story.tell("silence")
    story.tell("rule 0")
    with pytest.raises(EvidenceClosed):
        file(town, story, by=town.shop)
    story.tell("appeal")
    file(town, story, by=town.shop)


# Rulings


@pytest.fixture
def disputed(town):
    story = Story(town, "all")
    story.tell("silence")
    return story


def test_a_ruling_splits_all_that_is_held_in_any_way(town, disputed):
    carrier = town.merchant()
    for parts in ((0, 9_999), (5_000, 5_001), (-1, 10_001), (10_001, 0)):
        with pytest.raises(RulingUnbalanced):
            town.run(rule, Rule(disputed.case.id, "ann", *parts, "x"))
    for who in (town.buyer, town.shop):
        with pytest.raises(BuyerIsSeller):
            town.run(rule, Rule(disputed.case.id, "ann", 0, 9_999, "x", [AwardTo(who, 1)]))
    with pytest.raises(TooManyOfTrade):
        town.run(rule, Rule(disputed.case.id, "ann", 0, 9_989, "x", [AwardTo(carrier, 1)] * 11))
    assert [disputed.case.id] == [each.id for each in town.read(cases_to_rule)]

    command = Rule(disputed.case.id, "ann", 3_333, 3_334, "so", [AwardTo(carrier, 3_333)])
    town.run(rule, command)
    disputed.tell("silence")

    assert (993_333, 3_334, 3_333) == tuple(map(town.fen, (town.buyer, town.shop, carrier)))
    after = town.trade(disputed.trade)
    assert (TradeState.FINISHED, 3_333, 3_333, 3_334) == (
        after.state,
        after.refunded_minor,
        after.awarded_minor,
        after.released_minor,
    )
    assert [] == town.read(cases_to_rule)


def test_above_the_limit_it_takes_two(make_town):
    town = make_town(terms=Terms(fee_ppm=6_000, two_people_minor=9_999))
    story = Story(town, "all")
    story.tell("silence")
    with pytest.raises(RulingUnknown):
        story.tell("approve")
    story.tell("rule 1000")
    assert CaseState.PROPOSED is story.now.state
    with pytest.raises(SameOperator):
        town.run(decide_ruling, DecideRuling(story.case.id, "ann", approve=True))
    story.tell("reject")
    assert CaseState.DISPUTED is story.now.state
    story.tell("rule 2000")
    story.tell("approve")
    assert (CaseState.RULED, 10_000) == (story.now.state, town.held)
    story.tell("appeal")
    for operator in ("ann", "bob"):
        with pytest.raises(SameOperator):
            town.run(rule, story.ruling(operator, 0))
    story.tell("rule-again 3000")
    with pytest.raises(SameOperator):
        story.tell("approve")  # he had a part in the ruling that was appealed
    town.run(decide_ruling, DecideRuling(story.case.id, "mia", approve=True))
    assert (CaseState.EXECUTED, 42, 6_958) == (story.now.state, town.fees, town.fen(town.shop))
    assert ["rejected", "appealed", "executed"] == [
        each.state.value for each in town.read(rulings, story.case.id)
    ]


def test_there_is_one_appeal(town, disputed):
    disputed.tell("rule 5000")
    stranger = town.person()
    with pytest.raises(NotTheParty):
        town.run(appeal, Appeal(disputed.case.id, stranger, "x"))
    disputed.tell("appeal")
    with pytest.raises(EscrowTransitionIllegal):
        disputed.tell("appeal")
    disputed.tell("rule-again 4000")
    with pytest.raises(EscrowTransitionIllegal):
        disputed.tell("appeal")
    assert 994_000 == town.fen(town.buyer)


def test_who_is_ruled_for_late_gets_it_for_settlement_too(town):
    story = Story(town, "all")
    other = town.shipped(10_000, settle=True)
    it = town.ask(other)
    town.run(answer_case, AnswerCase(it.id, town.shop, agree=False))
    town.run(open_dispute, OpenDispute(it.id, town.buyer))
    town.run(rule, Rule(it.id, "ann", 1, 9_999, "x"))
    town.wait(days=7)
    assert (TradeState.SUCCESS, 9_999, 10_000) == (
        town.trade(other).state,
        town.unsettled,
        town.held,
    )
    story.tell("withdraw") if story.now.state is CaseState.ASKED else story.tell("rule 0")

"""A book: one set of accounts, one journal, one writer. It follows the home's transactions.

What is posted stands in memory at once and in the journal at the group's commit; a command that
fails is undone record by record. After a commit that failed the book asks the database what is
true.
"""

from __future__ import annotations

import heapq
import struct
from collections.abc import Sequence
from typing import Final

import numpy as np

from venule.kit.sql import Sql
from venule.ledger import holds, kernel, store
from venule.ledger.archive_reader import check_files
from venule.ledger.errors import (
    AccountFieldOutOfRange,
    AccountNotFound,
    BookFull,
    GroupTooLarge,
    TransferFieldOutOfRange,
    UnitConflict,
    UnitUnknown,
    WriterFenced,
)
from venule.ledger.following import Follower, open_memory
from venule.ledger.journal import (
    GENESIS_HASH,
    ROW_TRANSFERS_MAX,
    JournalReader,
    make_row,
    unit_hash,
)
from venule.ledger.memory import GROUP_TRANSFERS_MAX
from venule.ledger.model import (
    CODE_MAX,
    OPENING,
    REQUEST_KERNEL,
    REVERSAL_DIFFERS_MARK,
    TRANSFER_REQUEST,
    TRANSFER_RESULT,
    UNIT_MAX,
    ZERO_REF,
    Account,
    AccountFlags,
    LedgerTransferCode,
    Posted,
    RecordArray,
    Refusal,
    Transfer,
    TransferFlags,
    Unit,
)

OPENINGS_MAX: Final = 1 << 20
"""Most accounts opened by one call."""

GROUP_OPENINGS_MAX: Final = 4 << 20
"""Most accounts opened in one group (96 MiB of journal)."""

_SMALL: Final = 256
_REQUEST: Final = struct.Struct("<4q16sqii")
_RESULT: Final = struct.Struct("<3q")
_OPENABLE: Final = int(
    AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS | AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS
)
_PENDING: Final = int(TransferFlags.PENDING)
_REVERSAL: Final = int(TransferFlags.REVERSAL)
_RESOLVE: Final = int(TransferFlags.POST_PENDING | TransferFlags.VOID_PENDING)
_CARE: Final = _PENDING | _REVERSAL | _RESOLVE
_REFUSALS: Final = tuple(Refusal)


class Book:
    """The writer's side of a book; give it to a home as its participant."""

    def __init__(self, sql: Sql, number: int = 1, follower: Follower | None = None) -> None:
        """follower: has kept a copy, so that not all of the book needs to be loaded."""
        self.number = number
        if not sql.readonly:
            check_files(sql, number)
        self.memory, self._checkpointer, self._hash = open_memory(sql, number, follower)
        self.reader = JournalReader(sql, number)
        self._requests: RecordArray = np.zeros(_SMALL, dtype=TRANSFER_REQUEST)
        self._results: RecordArray = np.zeros(_SMALL, dtype=TRANSFER_RESULT)
        self._request_bytes = _bytes_of(self._requests)
        self._result_bytes = _bytes_of(self._results)
        self._views: dict[int, tuple[RecordArray, RecordArray]] = {}  # by how many of them
        self._openings: list[RecordArray] = []
        self._opened = 0
        self._units: dict[int, Unit] = {}
        self._units_before = self._units
        self._expiries: list[tuple[int, int]] = []
        self._flushed_hash = self._hash
        self.now_us = 0
        self._units = self._units_before = {unit.unit: unit for unit in store.units(sql)}
        holds = self.memory.open_holds()
        timed = holds[holds["expires_at"] != 0]
        self._expiries = list(zip(timed["expires_at"].tolist(), timed["seq"].tolist(), strict=True))
        heapq.heapify(self._expiries)

    # ------------------------------------------------------------ the home's transactions

    def begin(self, sql: Sql, now_us: int) -> None:
        """Start a group; release every hold whose time is over."""
        self.now_us = now_us
        if self._expiries and self._expiries[0][0] <= now_us:
            self._expire()

    def _expire(self) -> None:
        due: dict[int, None] = {}  # a command undone and repeated may have left its hold here twice
        memory = self.memory
        while self._expiries and self._expiries[0][0] <= self.now_us:
            expires_at, seq = heapq.heappop(self._expiries)
            i = holds.find_pending(memory.table, seq)
            if i >= 0 and memory.table[i]["expires_at"] == expires_at:
                due[seq] = None
        if not due:
            return
        requests = np.zeros(len(due), dtype=TRANSFER_REQUEST)
        requests["related"] = list(due)
        requests["code"] = int(LedgerTransferCode.EXPIRE)
        requests["flags"] = int(TransferFlags.VOID_PENDING | TransferFlags.EXPIRED)
        results = np.zeros(len(due), dtype=TRANSFER_RESULT)
        accepted = self._apply(requests, results, internal=True)
        assert accepted == len(due), "a hold in the table can always be released"

    def mark(self) -> tuple[int, int, int, dict[int, Unit]]:
        """Return where the group stands."""
        return self.memory.out_count, len(self._openings), self._opened, self._units

    def rollback_to(self, mark: object) -> None:
        """Take back everything since `mark`."""
        assert isinstance(mark, tuple)
        records, openings, opened, units = mark
        self._undo(records)
        del self._openings[openings:]
        self._opened = opened
        self._units = units

    def _undo(self, keep: int) -> None:
        memory = self.memory
        released = memory.out["related"][keep : memory.out_count].copy()
        memory.make_table_room(memory.out_count - keep)
        kernel.undo(memory.world, keep)
        for seq in released[released != 0].tolist():
            i = holds.find_pending(memory.table, seq)
            if i >= 0 and memory.table[i]["expires_at"] != 0:
                heapq.heappush(self._expiries, (int(memory.table[i]["expires_at"]), seq))

    def flush(self, sql: Sql) -> None:
        """Append the group to the journal (and pages of a checkpoint, while one is under way)."""
        memory = self.memory
        count = memory.out_count
        self._flushed_hash = self._hash
        for start in range(0, count, ROW_TRANSFERS_MAX):
            records = memory.out[start : min(count, start + ROW_TRANSFERS_MAX)]
            row = make_row(
                self.number,
                memory.group_first_seq + start,
                memory.last_account - self._opened + 1,
                self._openings if start == 0 else (),
                records,
                self._flushed_hash,
            )
            store.append_row(sql, row)
            self._flushed_hash = row.hash
        self._checkpointer.flush(sql, count)

    def position(self) -> tuple[int, bytes]:
        """Return the last transfer of the group that was flushed, and the hash of its row."""
        return self.memory.next_seq - 1, self._flushed_hash

    def committed(self) -> None:
        """The group is durable: forget how to undo it."""
        self._hash = self._flushed_hash
        self._end_group()
        self._checkpointer.committed()

    def _end_group(self) -> None:
        self._openings.clear()
        self._opened = 0
        self._units_before = self._units
        self.memory.state[kernel.OUT_COUNT] = 0
        self.memory.shrink_out()

    def abandoned(self, sql: Sql) -> None:
        """The group was rolled back, or its commit failed: believe the database."""
        self.reader.forget()
        position = store.last_position(sql, self.number)
        last_seq, last_hash = (0, GENESIS_HASH) if position is None else position
        if last_seq == self.memory.group_first_seq - 1 and last_hash == self._hash:
            self._undo(0)
            self._units = self._units_before
            self._end_group()
            self._checkpointer.abandoned()
        elif last_seq == self.memory.next_seq - 1 and last_hash == self._flushed_hash:
            self.committed()
        else:
            raise WriterFenced(self.number, self.memory.group_first_seq)

    def close(self, sql: Sql) -> None:
        """Leave a checkpoint behind if reopening would otherwise have much to replay."""
        if self._checkpointer.wanted_at_close():
            sql.begin()
            self._checkpointer.write_all(sql)
            sql.commit()
            self._checkpointer.committed()

    def checkpoint(self, sql: Sql) -> None:
        """Write every changed page now, inside the caller's transaction."""
        self._checkpointer.write_all(sql)

    @property
    def checkpoint_pages_left(self) -> int:
        """Pages that the checkpoint under way has yet to write; 0 if there is none."""
        return self._checkpointer.pages_left

    @property
    def replayed(self) -> int:
        """Transfers that were replayed when the book was opened."""
        return self._checkpointer.replayed

    # ------------------------------------------------------------ posting

    def post(self, transfers: Sequence[Transfer]) -> list[Posted]:
        """Post transfers in order; refusals are values.

        Raises: TransferFieldOutOfRange, GroupTooLarge, HoldsTooMany.
        """
        n = len(transfers)
        if n > _SMALL:
            return self._post_many(transfers)
        pack = _REQUEST.pack_into
        into = self._request_bytes
        special = 0
        for i, t in enumerate(transfers):
            if len(t.ref) != len(ZERO_REF):
                raise TransferFieldOutOfRange(i, f"a ref of {len(t.ref)} bytes")
            try:
                pack(into, 64 * i, t.debit, t.credit, t.amount, t.related, t.ref, t.timeout_s,
                     t.code, t.flags)  # fmt: skip
            except struct.error as error:
                raise TransferFieldOutOfRange(i, f"{t!r}: {error}") from error
            special |= int(t.flags)
        if special & _CARE:
            self._run(self._requests[:n], self._results[:n], special)
        else:
            self._apply_plain(n)
        from_ = _RESULT.unpack_from
        answer = []
        for i in range(n):
            seq, amount, refusal = from_(self._result_bytes, 24 * i)
            answer.append(Posted(seq, amount, _REFUSALS[refusal]))
        return answer

    def _apply_plain(self, n: int) -> None:
        """Apply the first `n` small requests, none of which touches the table of holds."""
        memory = self.memory
        views = self._views.get(n)
        if views is None:
            views = self._requests[:n].view(REQUEST_KERNEL), self._results[:n]
            self._views[n] = views
        if memory.out_count + n > min(len(memory.out), GROUP_TRANSFERS_MAX):
            self._apply(self._requests[:n], self._results[:n], internal=False)
        else:
            kernel.apply(memory.world, views[0], views[1], self.now_us, False)

    def _post_many(self, transfers: Sequence[Transfer]) -> list[Posted]:
        requests = np.zeros(len(transfers), dtype=TRANSFER_REQUEST)
        raw = _bytes_of(requests)
        for i, t in enumerate(transfers):
            if len(t.ref) != len(ZERO_REF):
                raise TransferFieldOutOfRange(i, f"a ref of {len(t.ref)} bytes")
            try:
                _REQUEST.pack_into(raw, 64 * i, t.debit, t.credit, t.amount, t.related, t.ref,
                                   t.timeout_s, t.code, t.flags)  # fmt: skip
            except struct.error as error:
                raise TransferFieldOutOfRange(i, f"{t!r}: {error}") from error
        return [
            Posted(seq, amount, _REFUSALS[refusal])
            for seq, amount, refusal in self.post_batch(requests).tolist()
        ]

    def post_batch(self, requests: RecordArray) -> RecordArray:
        """Post an array of TRANSFER_REQUEST in order; return as many TRANSFER_RESULT."""
        if requests.dtype != TRANSFER_REQUEST:
            raise TypeError(f"expected an array of TRANSFER_REQUEST, got {requests.dtype}")
        requests = np.ascontiguousarray(requests)
        results = np.zeros(len(requests), dtype=TRANSFER_RESULT)
        special = int(np.bitwise_or.reduce(requests["flags"])) if len(requests) else 0
        self._run(requests, results, special)
        return results

    def _run(self, requests: RecordArray, results: RecordArray, special: int) -> None:
        if special & _PENDING:
            self.memory.check_holds(int(np.count_nonzero(requests["flags"] & _PENDING)))
        if special & _REVERSAL:
            requests = self._checked_reversals(requests)
        self._apply(requests, results, internal=False)
        if special & _PENDING:
            self._watch_timeouts(requests, results)
        if special & _RESOLVE:
            self._name_resolved(requests, results)

    def _apply(self, requests: RecordArray, results: RecordArray, *, internal: bool) -> int:
        memory = self.memory
        total = memory.out_count + len(requests)
        if total > GROUP_TRANSFERS_MAX:
            raise GroupTooLarge(GROUP_TRANSFERS_MAX, total)
        memory.make_room(len(requests))
        accepted: int = kernel.apply(
            memory.world, requests.view(REQUEST_KERNEL), results, self.now_us, internal
        )
        return accepted

    def _checked_reversals(self, requests: RecordArray) -> RecordArray:
        """Mark requests whose reversed transfer is not their mirror image, or smaller."""
        requests = requests.copy()
        for i in np.flatnonzero(requests["flags"] & _REVERSAL):
            request = requests[i]
            seq = int(request["related"])
            if not 0 < seq < self.memory.next_seq:
                continue
            first, records = self.block(seq)
            old = records[seq - first]
            moved = int(old["flags"]) & ~int(
                TransferFlags.LINKED
                | TransferFlags.POST_PENDING
                | TransferFlags.BALANCING_DEBIT
                | TransferFlags.BALANCING_CREDIT
                | TransferFlags.REVERSAL
            )
            if (
                moved
                or request["debit"] != old["credit"]
                or request["credit"] != old["debit"]
                or request["amount"] > old["amount"]
            ):
                requests[i]["flags"] |= REVERSAL_DIFFERS_MARK
        return requests

    def _watch_timeouts(self, requests: RecordArray, results: RecordArray) -> None:
        timed = (results["refusal"] == 0) & (requests["timeout_s"] > 0)
        for i in np.flatnonzero(timed):
            expires_at = self.now_us + int(requests[i]["timeout_s"]) * 1_000_000
            heapq.heappush(self._expiries, (expires_at, int(results[i]["seq"])))

    def _name_resolved(self, requests: RecordArray, results: RecordArray) -> None:
        """Tell a hold that an earlier group resolved from one that never was."""
        missing = results["refusal"] == int(Refusal.PENDING_NOT_FOUND)
        for i in np.flatnonzero(missing):
            seq = int(requests[i]["related"])
            if 0 < seq < self.memory.group_first_seq:
                first, records = self.reader.block(seq)
                if int(records[seq - first]["flags"]) & _PENDING:
                    results[i]["refusal"] = int(Refusal.PENDING_ALREADY_RESOLVED)

    # ------------------------------------------------------------ accounts and units

    def define_unit(self, sql: Sql, unit: int, name: str, scale: int) -> None:
        """Define what a number counts; again with the same words changes nothing."""
        if not 0 < unit <= UNIT_MAX:
            raise AccountFieldOutOfRange("unit", f"1..{UNIT_MAX}", str(unit))
        if not 0 <= scale <= 18:
            raise AccountFieldOutOfRange("scale", "0..18 decimals", str(scale))
        new = Unit(unit, name, scale)
        old = self._units.get(unit)
        if old == new:
            return
        taken = old or next((u for u in self._units.values() if u.name == name), None)
        if taken is not None:
            raise UnitConflict(unit, f"{taken.name} (scale {taken.scale})", f"{name} ({scale})")
        store.add_unit(sql, new, unit_hash(new))
        self._units = {**self._units, unit: new}

    @property
    def units(self) -> list[Unit]:
        """All defined units."""
        return sorted(self._units.values(), key=lambda unit: unit.unit)

    def open_accounts(
        self, unit: int, code: int, count: int, flags: int, refs: RecordArray | None
    ) -> range:
        """Open `count` accounts alike; refs: an array (count, 16) of uint8. Returns their ids."""
        if unit not in self._units:
            raise UnitUnknown(unit)
        if not 0 < code <= CODE_MAX:
            raise AccountFieldOutOfRange("code", f"1..{CODE_MAX}", str(code))
        if flags & ~_OPENABLE or flags == _OPENABLE:
            raise AccountFieldOutOfRange("flags", "none or one of the two limits", str(flags))
        if not 0 < count <= OPENINGS_MAX:
            raise AccountFieldOutOfRange("count", f"1..{OPENINGS_MAX}", str(count))
        if self._opened + count > GROUP_OPENINGS_MAX:
            raise GroupTooLarge(GROUP_OPENINGS_MAX, self._opened + count)
        if refs is not None and (refs.shape != (count, 16) or refs.dtype != np.uint8):
            raise AccountFieldOutOfRange(
                "refs", f"uint8 ({count}, 16)", f"{refs.dtype} {refs.shape}"
            )
        memory = self.memory
        first = memory.last_account + 1
        if memory.last_account + count > memory.accounts_max:
            raise BookFull(memory.accounts_max, memory.last_account + count)
        if memory.out_count + 1 > GROUP_TRANSFERS_MAX:
            raise GroupTooLarge(GROUP_TRANSFERS_MAX, memory.out_count + 1)
        memory.make_room(1)
        spec = np.zeros(count, dtype=OPENING)
        spec["unit"] = unit
        spec["code"] = code
        spec["flags"] = flags
        if refs is not None:
            spec["ref"] = np.ascontiguousarray(refs).view("V16").reshape(count)
        self._openings.append(spec)
        self._opened += count
        target = memory.accounts[first : first + count]
        for field in ("unit", "code", "flags", "ref"):
            target[field] = spec[field]
        memory.state[kernel.LAST_ACCOUNT] += count
        first_page, last_page = first >> kernel.PAGE_SHIFT, (first + count) >> kernel.PAGE_SHIFT
        memory.dirty[first_page : last_page + 1] = 1
        self._write_opening(first, count)
        return range(first, first + count)

    def _write_opening(self, first: int, count: int) -> None:
        memory = self.memory
        record = memory.out[memory.out_count]
        for name in record.dtype.names or ():
            record[name] = 0 if name != "ref" else np.void(ZERO_REF)
        record["seq"] = memory.next_seq
        record["at"] = self.now_us
        record["amount"] = count
        record["debit"] = first
        record["credit"] = first + count - 1
        record["code"] = int(LedgerTransferCode.OPEN)
        record["flags"] = int(TransferFlags.OPENS)
        memory.state[kernel.OUT_COUNT] += 1
        memory.state[kernel.NEXT_SEQ] += 1

    def account(self, number: int) -> Account:
        """Return an account as it stands. Raises: AccountNotFound."""
        self.check_account(number)
        dp, d, cp, c, head, ref, unit, code, flags, _ = self.memory.accounts[number].item()
        return Account(
            id=number,
            unit=unit,
            code=code,
            flags=AccountFlags(flags),
            ref=bytes(ref),
            debits_pending=dp,
            debits_posted=d,
            credits_pending=cp,
            credits_posted=c,
            head=head,
        )

    def check_account(self, number: int) -> None:
        """Raises: AccountNotFound."""
        if not 0 < number <= self.memory.last_account:
            raise AccountNotFound(number, self.memory.last_account)

    # ------------------------------------------------------------ records, also of this group

    def block(self, seq: int) -> tuple[int, RecordArray]:
        """Return the records around `seq`: the group in progress or a journal row."""
        memory = self.memory
        if seq >= memory.group_first_seq and seq < memory.next_seq:
            return memory.group_first_seq, memory.out[: memory.out_count]
        return self.reader.block(seq)

    def block_before(self, first_seq: int) -> tuple[int, RecordArray] | None:
        """Return the records before the block that begins at `first_seq`."""
        if first_seq <= 1:
            return None
        return self.reader.block(first_seq - 1)

    def seq_at(self, at: int) -> int:
        """Return the first transfer at or after `at` (microseconds), or one past the last."""
        memory = self.memory
        start = self.reader.first_seq_at(at)
        if start is None:
            first, records = memory.group_first_seq, memory.out[: memory.out_count]
        else:
            first, records = self.reader.block(start)
        return first + int(np.searchsorted(records["at"], at, side="left"))


def _bytes_of(records: RecordArray) -> memoryview:
    return records.view(np.uint8).data

#!/usr/bin/env python3
"""The checker finds each fault that is planted in a history, and nothing in a sound one."""
import copy
import unittest

from checker import check

BATCH = 7 << 32
MICROSECONDS = 1_000_000


def sound():
    """Forty lines of one file at 20 calls a second; two are in doubt, because their node was killed."""
    accounts = [f"a1-{n}" for n in range(40)]
    records = [{"id": BATCH + 2 + n, "status": 4 if n >= 38 else 2, "held": 0} for n in range(40)]
    attempts = [
        {"record": BATCH + 2 + n, "id": n + 1, "node": "a", "epoch": 1, "slot": MICROSECONDS * 100 + n * 50_000,
         "started": 100_000 + n * 50, "outcome": "in_doubt" if n >= 38 else "succeeded",
         "cause": "lease" if n >= 38 else "", "billable": 2 if n >= 38 else 1,
         "correlation_id": "" if n >= 38 else f"c{n}"} for n in range(40)]
    # The first of those in doubt arrived at the API, the second did not.
    calls = [{"account": f"a1-{n}", "at": 100_000 + n * 50 + 3, "correlation_id": f"c{n}"} for n in range(39)]
    return {
        "rate": 20, "files": {"a1.csv": {"node": "a", "accounts": accounts}}, "calls": calls,
        "batches": [{"id": 7, "file": "a1.csv", "state": "completed"}], "records": records, "attempts": attempts,
        "lives": [{"node": "a", "from": 90, "until": 102, "killed": True}], "lost_calls": 0,
        "caps": [{"cap": 39, "calls": 39}], "orphans": [{"node": "a", "seconds": 21.5}],
        "seen": [{"record": BATCH + 2, "id": 1, "slot": MICROSECONDS * 100, "outcome": "", "file": "a1.csv"}],
        "present": [[BATCH + 2, 1]], "halts": [], "losses": [], "quiet": [{"from": 100 * MICROSECONDS, "until": 102 * MICROSECONDS}],
        "results": {"7": [[2 + n, "in_doubt" if n >= 38 else "succeeded"] for n in range(40)]},
    }


class CheckerTests(unittest.TestCase):
    def broken(self, change):
        history = copy.deepcopy(sound())
        change(history)
        return {rule for rule, _ in check(history).violations}

    def test_nothing_is_found_in_a_sound_history(self):
        self.assertEqual(check(sound()).violations, [])

    def test_a_second_call_of_a_line(self):
        def change(history):
            history["calls"].append({"account": "a1-3", "at": 109_000, "correlation_id": "again"})
        self.assertIn("twice", self.broken(change))

    def test_a_second_call_that_the_ledger_knows_is_a_second_call(self):
        def change(history):
            history["calls"].append({"account": "a1-3", "at": 109_000, "correlation_id": "again"})
            history["attempts"].append(dict(history["attempts"][3], id=99, correlation_id="again", slot=109_000_000))
        self.assertEqual(self.broken(change), {"twice"})

    def test_an_end_that_was_lost_and_is_named_nowhere(self):
        lost = {"record": BATCH + 2 + 38, "id": 39, "outcome": "succeeded"}

        def change(history, cause):
            history["lost_ends"] = [lost]
            history["attempts"][38]["cause"] = cause
        self.assertIn("named", self.broken(lambda history: change(history, "failover")))
        # Its node was not heard of in time, and so the line is in doubt.
        self.assertNotIn("named", self.broken(lambda history: change(history, "lease")))

    def test_an_end_that_was_lost_and_whose_call_is_said_to_be_unsent(self):
        def change(history):
            history["lost_ends"] = [{"record": BATCH + 2, "id": 1, "outcome": "succeeded"}]
            history["attempts"][0]["outcome"] = "unsent"
        self.assertIn("named", self.broken(change))

    def test_an_end_that_was_lost_and_told_again(self):
        lost = {"record": BATCH + 2, "id": 1, "outcome": "succeeded"}
        self.assertEqual(self.broken(lambda history: history.update(lost_ends=[lost])), set())

    def test_an_attempt_lost_where_none_may_be(self):
        def change(history):
            history["present"] = []
            history["halts"] = [{"batch": 7, "reason": "the server was replaced"}]
        self.assertEqual(self.broken(change), set())

        def durably(history):
            change(history)
            history["durable"] = True
        self.assertEqual(self.broken(durably), {"named"})

    def test_an_end_lost_where_none_may_be(self):
        lost = {"record": BATCH + 2, "id": 1, "outcome": "succeeded"}
        self.assertEqual(self.broken(lambda history: history.update(lost_ends=[lost], durable=True)), {"named"})

    def test_an_end_whose_attempt_is_gone(self):
        lost = {"record": BATCH + 2, "id": 99, "outcome": "succeeded"}
        self.assertEqual(self.broken(lambda history: history.update(lost_ends=[lost])), {"named"})

    def test_ten_idle_seconds_in_a_longer_spell(self):
        def change(history):
            history["attempts"] = [dict(history["attempts"][0], record=n, id=n, slot=100 * MICROSECONDS + n * 50_000)
                                   for n in range(800) if not 200 <= n < 208]
            history["quiet"] = [{"from": 100 * MICROSECONDS, "until": 140 * MICROSECONDS}]
        found = copy.deepcopy(sound())
        change(found)
        self.assertIn(("rate", "192 slots used in 10 s while all was well"), check(found).violations)

    def test_a_line_without_a_record(self):
        self.assertIn("lost", self.broken(lambda history: history["records"].pop(5)))

    def test_a_line_that_is_not_settled(self):
        self.assertIn("lost", self.broken(lambda history: history["records"][5].update(status=1)))

    def test_a_file_that_nobody_took_in(self):
        def change(history):
            history["files"]["a2.csv"] = {"node": "a", "accounts": ["a2-1"]}
        self.assertEqual(self.broken(change), {"lost"})

    def test_a_batch_that_goes_on_for_ever(self):
        self.assertEqual(self.broken(lambda history: history["batches"][0].update(state="running")), {"lost"})

    def test_a_call_of_which_the_ledger_knows_nothing(self):
        def change(history):
            history["attempts"].pop(38)
        self.assertEqual(self.broken(change), {"ledger"})

    def test_a_call_of_a_batch_that_was_lost_whole_is_counted(self):
        def change(history):
            history["attempts"].pop(38)
            history["lost_calls"] = 1
        self.assertEqual(self.broken(change), set())

    def test_an_answer_that_nobody_gave(self):
        self.assertEqual(
            self.broken(lambda history: history["attempts"][3].update(correlation_id="of another")), {"ledger"})

    def test_an_answer_of_a_call_that_was_not_made(self):
        self.assertIn("ledger", self.broken(lambda history: history["calls"].pop(3)))

    def test_slots_above_the_rate_in_a_second(self):
        def change(history):
            for n, attempt in enumerate(history["attempts"][:22]):
                attempt["slot"] = MICROSECONDS * 100 + n * 45_000
        self.assertEqual(self.broken(change), {"rate"})

    def test_slots_above_the_rate_in_ten_seconds_though_in_no_second(self):
        def change(history):
            # 21 in each second, which one second alone may have.
            history["seen"] = [
                {"record": n, "id": n, "slot": MICROSECONDS * 200 + n * MICROSECONDS // 21, "outcome": "", "file": "a1.csv"}
                for n in range(210)]
            history["present"] = [[n, n] for n in range(210)]
        self.assertEqual(self.broken(change), {"rate"})

    def test_slots_that_nobody_took_while_all_was_well(self):
        def change(history):
            for attempt in history["attempts"][10:13]:
                attempt["slot"] += 60 * MICROSECONDS
        self.assertEqual(self.broken(change), {"rate"})

    def test_slots_of_attempts_that_were_lost_count(self):
        def change(history):
            history["seen"] += [
                {"record": BATCH + 30, "id": 900 + n, "slot": MICROSECONDS * 100 + n, "outcome": "", "file": "a1.csv"}
                for n in range(5)]
            history["present"] += [[BATCH + 30, 900 + n] for n in range(5)]
        self.assertEqual(self.broken(change), {"rate"})

    def test_calls_that_arrive_above_the_rate(self):
        def change(history):
            history["rate"] = 2
            for n, attempt in enumerate(history["attempts"]):
                attempt["slot"] = MICROSECONDS * 100 + n * 500_000
        self.assertEqual(self.broken(change), {"rate"})

    def test_a_call_above_the_cap(self):
        self.assertEqual(self.broken(lambda history: history["caps"][0].update(cap=38)), {"cap"})

    def test_a_file_that_was_withheld_for_calls_that_nobody_told(self):
        def change(history, disowned):
            history["calls"].append({"account": "a2-0", "at": 104_000, "correlation_id": "untold"})
            history["disowned"] = disowned
        self.assertIn("lost", self.broken(lambda history: change(history, [])))
        self.assertNotIn("lost", self.broken(lambda history: change(history, ["a2-0"])))

    def test_a_call_above_the_cap_that_was_never_told(self):
        def change(history):
            history["caps"][0]["cap"] = 38
            history["disowned"] = ["a1-0"]
        self.assertNotIn("cap", self.broken(change))

    def test_calls_of_a_killed_node_that_stay_open(self):
        self.assertEqual(self.broken(lambda history: history["orphans"][0].update(seconds=31)), {"orphans"})
        self.assertEqual(self.broken(lambda history: history["orphans"][0].update(seconds=None)), {"orphans"})

    def test_a_line_in_doubt_whose_runner_lived(self):
        self.assertEqual(self.broken(lambda history: history["lives"][0].update(killed=False)), {"doubt"})

    def test_a_line_in_doubt_of_another_life_than_the_one_that_was_killed(self):
        self.assertEqual(self.broken(lambda history: history["lives"][0].update(until=100)), {"doubt"})

    def test_a_line_in_doubt_whose_answer_a_replaced_server_may_have_taken(self):
        def change(history):
            history["lives"][0].update(until=50)
            history["losses"] = [{"from": 103, "until": 110}]
            # The one that did not arrive is the killed node's, as before.
        self.assertEqual(self.broken(change), set())

    def test_results_that_are_missing_or_say_something_else(self):
        self.assertEqual(self.broken(lambda history: history["results"].clear()), {"results"})
        self.assertEqual(self.broken(lambda history: history["results"]["7"].pop()), {"results"})
        self.assertEqual(self.broken(lambda history: history["results"]["7"][39].__setitem__(1, "succeeded")), {"results"})

    def lose(self, history, entered, halted):
        """The attempt of the last line but one was committed, and lost by a failover."""
        history["seen"].append({"record": BATCH + 40, "id": 39, "slot": 0, "outcome": "", "file": "a1.csv"})
        history["attempts"][38].update(node="", cause="failover")
        if not entered:
            history["attempts"].pop(38)
        if halted:
            history["halts"].append({"batch": 7, "reason": "the database server was replaced and had lost calls"})

    def test_a_lost_commit_that_is_named(self):
        self.assertEqual(self.broken(lambda history: self.lose(history, entered=True, halted=True)), set())

    def test_a_lost_commit_that_is_not_in_the_ledger(self):
        self.assertIn("named", self.broken(lambda history: self.lose(history, entered=False, halted=True)))

    def test_a_lost_commit_whose_batch_went_on(self):
        self.assertEqual(self.broken(lambda history: self.lose(history, entered=True, halted=False)), {"named"})

    def test_a_batch_that_was_lost_whole_and_is_not_counted(self):
        def change(history):
            history["seen"].append({"record": (9 << 32) + 2, "id": 50, "slot": 0, "outcome": "", "file": "a2.csv"})
        self.assertEqual(self.broken(change), {"named"})

    def test_a_batch_that_was_lost_whole_and_whose_number_another_got(self):
        def change(history, counted):
            history["seen"].append({"record": BATCH + 2, "id": 50, "slot": 0, "outcome": "", "file": "a2.csv"})
            history["lost_calls"] = counted
        self.assertEqual(self.broken(lambda history: change(history, 1)), set())
        self.assertEqual(self.broken(lambda history: change(history, 0)), {"named"})


if __name__ == "__main__":
    unittest.main()

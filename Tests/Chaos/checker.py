"""From a campaign's history to a verdict. Pure: it reads no clock, file or database.

A history is a value of JSON:
- rate: the contract's, in calls per second
- files: file name → {"node", "accounts": the account of each line in its order}
- calls: the API's log, [{"account", "at" in ms, "correlation_id"}]
- batches: [{"id", "file", "state"}]
- records: [{"id", "status", "held"}], id = batch << 32 | line of the file, whose first line is its header
- attempts: the ledger, [{"record", "id", "node", "epoch", "slot" in µs, "started" in ms, "outcome", "cause", "billable",
  "correlation_id"}]
- lives: [{"node", "from", "until" in s, "killed"}], one for each process of a runner
- lost_calls: how many calls the ledger knows of batches that a server had lost whole
- caps: [{"calls", "cap"}], calls that the log had of the day while the cap was in force
- orphans: [{"node", "seconds"}]: how long after a kill its calls were open still, None: until the end
- seen: attempts that a primary had committed before it was replaced, [{"record", "id", "slot", "outcome", "file", "node"}]
- untold: nodes that were retired after a failover and never told the new server what they had sent
- disowned: accounts of whose call an operator knows from the API alone, since such a node had made it; they go no further
- lost_ends: those that had ended there, [{"record", "id", "outcome"}], and had not at its successor when it was asked first
- durable: whether nodes wanted a synchronous standby, so that a failover loses nothing
- present: ids of those that its successor had, too, when it was asked first
- halts: [{"batch", "reason"}]
- losses: [{"from", "until"}] in s, when a primary with asynchronous replication was replaced: it may have taken answers
  that its successor never heard of
- quiet: [{"from", "until"}] in µs by the servers' clock, while lines waited at each node and nothing was at fault
- results: batch's number → [[line, status in words]], as the files say that users get
"""
import bisect

SUCCEEDED, IN_DOUBT = 2, 4
WORDS = {2: "succeeded", 3: "failed", 4: "in_doubt", 5: "invalid", 6: "reused", 7: "cancelled"}
FINAL = set(WORDS)
IN_DOUBT_WITHIN = 30
BILLED_UNKNOWN = 2


class Verdict:
    def __init__(self):
        self.violations, self.figures = [], {}

    def accuse(self, rule, text):
        self.violations.append((rule, text))


def check(history):
    """The verdict on a history."""
    verdict = Verdict()
    lines = _lines(history)
    _check_lines(history, lines, verdict)
    _check_log(history, lines, verdict)
    _check_rate(history, verdict)
    _check_caps(history, verdict)
    _check_doubts(history, lines, verdict)
    _check_losses(history, verdict)
    _check_results(history, verdict)
    return verdict


def _lines(history):
    """For each account: its records, their attempts and its calls."""
    lines = {a: {"records": [], "attempts": [], "calls": []} for f in history["files"].values() for a in f["accounts"]}
    of_batch = {batch["id"]: history["files"][batch["file"]]["accounts"] for batch in history["batches"]}
    of_record = {}
    for record in history["records"]:
        number = (record["id"] & 0xFFFF_FFFF) - 2
        accounts = of_batch.get(record["id"] >> 32, [])
        if 0 <= number < len(accounts):
            lines[accounts[number]]["records"].append(record)
            of_record[record["id"]] = accounts[number]
    for attempt in history["attempts"]:
        if attempt["record"] in of_record:
            lines[of_record[attempt["record"]]]["attempts"].append(attempt)
    for call in history["calls"]:
        lines.setdefault(call["account"], {"records": [], "attempts": [], "calls": []})["calls"].append(call)
    return lines


def _check_lines(history, lines, verdict):
    """Each line of each file has a record whose status is final, and no line was called twice."""
    # A file that an operator withheld, because of calls that only the API knew, is in nobody's hands any more.
    withheld = set(history.get("disowned", [])) - {a for f in history["files"].values() for a in f["accounts"]}
    for account, line in lines.items():
        statuses = [record["status"] for record in line["records"]]
        if account in withheld:
            continue
        if not statuses:
            verdict.accuse("lost", f"{account} has no record")
        elif statuses[-1] not in FINAL:
            verdict.accuse("lost", f"{account} is not settled: status {statuses[-1]}")
        if len(line["calls"]) > 1:
            attempts = [(a["id"], a["node"], a["epoch"], a["outcome"], a["cause"]) for a in line["attempts"]]
            verdict.accuse("twice", f"{account} was called {len(line['calls'])} times: {attempts}")
    for batch in history["batches"]:
        if batch["state"] not in ("completed", "cancelled", "rejected"):
            verdict.accuse("lost", f"batch {batch['id']} of {batch['file']} is {batch['state']}")
    verdict.figures["lines"] = sum(len(file["accounts"]) for file in history["files"].values())
    verdict.figures["calls"] = len(history["calls"])
    verdict.figures["in doubt"] = sum(bool(l["records"]) and l["records"][-1]["status"] == IN_DOUBT for l in lines.values())


def _check_log(history, lines, verdict):
    """The API's log lies between what the ledger has answers of, and that with what may have been billed."""
    excess, disowned = 0, set(history.get("disowned", []))
    for account, line in lines.items():
        logged = {call["correlation_id"] for call in line["calls"]}
        answered = [a for a in line["attempts"] if a["correlation_id"]]
        unknown = sum(a["billable"] == BILLED_UNKNOWN and not a["correlation_id"] for a in line["attempts"])
        for attempt in answered:
            if attempt["correlation_id"] not in logged:
                verdict.accuse("ledger", f"{account} has an answer that the API did not give")
        if len(line["calls"]) < len(answered):
            verdict.accuse("ledger", f"{account}: {len(answered)} answers, {len(line['calls'])} calls")
        if len(line["calls"]) > len(answered) + unknown and account not in disowned:
            if any(r["status"] == IN_DOUBT for r in line["records"]) or not line["records"]:
                excess += len(line["calls"]) - len(answered) - unknown
            else:
                verdict.accuse("ledger", f"{account}: a call of which the ledger knows nothing")
    if excess > history["lost_calls"]:
        verdict.accuse("ledger", f"{excess} calls that the ledger does not know, and {history['lost_calls']} that it counts")


def _check_rate(history, verdict):
    """By slot: 1% above the rate at most in any second, or one call, and 0.5% in any ten."""
    slots = {(a["record"], a["id"]): a["slot"] for a in history["seen"] + history["attempts"] if a["slot"]}
    rate = history["rate"]
    times = sorted(slots.values())
    for seconds, bound in ((1, max(rate * 1.01, rate + 1)), (10, rate * 10 * 1.005)):
        most = _most(times, seconds * 1_000_000)
        verdict.figures[f"most slots in {seconds} s"] = most
        if most > bound:
            verdict.accuse("rate", f"{most} slots in {seconds} s")
    for spell in history.get("quiet", []):
        used = sum(spell["from"] <= time < spell["until"] for time in times)
        offered = (spell["until"] - spell["from"]) / 1_000_000 * rate
        verdict.figures["least use of the rate while all was well"] = min(
            round(used / offered, 4), verdict.figures.get("least use of the rate while all was well", 1))
        # One slot more or less lies at its two ends.
        if used < offered * 0.995 - 1:
            verdict.accuse("rate", f"{used} slots used of {offered:.0f} while all was well")
        least = _least(times, spell["from"], spell["until"], 10_000_000)
        if least is not None and least < rate * 10 * 0.995 - 1:
            verdict.accuse("rate", f"{least} slots used in 10 s while all was well")
    arrivals = sorted(call["at"] for call in history["calls"])
    verdict.figures["most calls arriving in 1 s"] = _most(arrivals, 1_000)
    # A call leaves within two seconds of its slot; a third covers its way.
    for seconds in (10, 60):
        if _most(arrivals, seconds * 1_000) > rate * (seconds + 3):
            verdict.accuse("rate", f"{_most(arrivals, seconds * 1_000)} calls arrived in {seconds} s")


def _most(times, length):
    """How many of these times, which are sorted, lie in any one half-open window of that length."""
    most = first = 0
    for index, value in enumerate(times):
        while times[first] <= value - length:
            first += 1
        most = max(most, index - first + 1)
    return most


def _least(times, start, end, length):
    """How many of these times at least lie in a half-open window of that length between start and end; None where none fits."""
    # The emptiest windows begin just behind one of them, or with the whole spell.
    starts = [start] + [time + 1 for time in times if start <= time and time + 1 + length <= end]
    if start + length > end:
        return None
    return min(bisect.bisect_left(times, first + length) - bisect.bisect_left(times, first) for first in starts)


def _check_caps(history, verdict):
    # What nobody has told the ledger, no cap of its can count.
    disowned = len(history.get("disowned", []))
    for cap in history["caps"]:
        if cap["calls"] > cap["cap"] + disowned:
            verdict.accuse("cap", f"{cap['calls']} calls, {disowned} of them never told, and the cap was {cap['cap']}")


def _check_doubts(history, lines, verdict):
    """What a killed node had under way is in doubt soon; what one that lives had under way is not in doubt for long."""
    for orphan in history["orphans"]:
        if orphan["seconds"] is None or orphan["seconds"] > IN_DOUBT_WITHIN:
            verdict.accuse("orphans", f"calls of {orphan['node']} were open {orphan['seconds']} s after it was killed")
    ended = [life for life in history["lives"] if life["killed"] or life.get("status") not in (None, 0)]
    for account, line in lines.items():
        if not line["records"] or line["records"][-1]["status"] != IN_DOUBT or not line["attempts"]:
            continue
        last = max(line["attempts"], key=lambda attempt: attempt["id"])
        # By the API's clock, which is never set; of what did not arrive there it is not known when it was made.
        called = [call["at"] / 1_000 for call in line["calls"]]
        if any(loss["from"] - 12 <= at <= loss["until"] for loss in history["losses"] for at in called):
            continue
        if last["cause"] in ("lease", "crash") and not any(
                life["node"] == last["node"] and all(life["from"] <= at <= life["until"] + 1 for at in called)
                for life in ended):
            verdict.accuse("doubt", f"{account} is in doubt ({last['cause']}), and node {last['node']} lived")


def _check_losses(history, verdict):
    """Each attempt that a primary had committed is in the ledger; of those that its successor had lost, the batch halted."""
    known = {(a["record"], a["id"]) for a in history["attempts"]}
    present = {tuple(pair) for pair in history["present"]}
    halted = {halt["batch"] for halt in history["halts"]
              if any(words in (halt["reason"] or "") for words in ("replaced", "never told"))}
    files = {batch["id"]: batch["file"] for batch in history["batches"]}
    if any("file" not in attempt for attempt in history["seen"]):
        raise ValueError("this history is of an earlier form: what a primary had committed names no file")
    lost = {(a["record"], a["id"]): a for a in history["seen"] if (a["record"], a["id"]) not in present}
    untold = set(history.get("untold", []))
    unknown, expected = 0, set()
    for (record, attempt), seen in sorted(lost.items()):
        # What nobody told is known to nobody; its batch halts all the same.
        is_told = seen.get("node") not in untold
        # Another file's batch may have got the number of one that was lost whole.
        if files.get(record >> 32) != seen["file"]:
            unknown += is_told
            continue
        expected.add(record >> 32)
        if is_told and (record, attempt) not in known:
            verdict.accuse("named", f"attempt {attempt} of record {record} was committed and is not in the ledger")
    for batch in sorted(expected - halted):
        verdict.accuse("named", f"batch {batch} lost attempts by a failover, and did not halt")
    if unknown > history["lost_calls"]:
        verdict.accuse("named", f"{unknown} attempts of batches that were lost whole, and {history['lost_calls']} are counted")
    verdict.figures["attempts lost by failovers"] = len(lost)
    outcomes = {(a["record"], a["id"]): a["outcome"] for a in history["attempts"]}
    # Those that another node has put in doubt first, because a lease of the old server was over by then, are named so.
    overdue = {(a["record"], a["id"]) for a in history["attempts"] if a["cause"] == "lease"}
    lost_ends = history.get("lost_ends", [])
    for end in lost_ends:
        outcome = outcomes.get((end["record"], end["id"]))
        name = f"attempt {end['id']} of record {end['record']}"
        # What a later failover lost with its whole batch is counted above.
        if outcome is None and end["record"] >> 32 in files:
            verdict.accuse("named", f"{name} had ended as {end['outcome']}, and is not in the ledger")
        if outcome == "unsent" and end["outcome"] != "unsent":
            verdict.accuse("named", f"{name} had ended as {end['outcome']}, and is said to be unsent")
        if outcome == "in_doubt" and (end["record"], end["id"]) not in overdue and end["record"] >> 32 not in halted:
            verdict.accuse("named", f"the end of {name} was lost by a failover, and its batch did not halt")
    verdict.figures["ends lost by failovers"] = len(lost_ends)
    if history.get("durable") and (lost or lost_ends):
        verdict.accuse(
            "named", f"{len(lost)} attempts and {len(lost_ends)} ends were lost although a synchronous standby was wanted")


def _check_results(history, verdict):
    """What users get says of each line what the ledger says."""
    records = {}
    for record in history["records"]:
        word = WORDS.get(record["status"], str(record["status"]))
        records.setdefault(record["id"] >> 32, []).append([record["id"] & 0xFFFF_FFFF, word])
    for batch in history["batches"]:
        if batch["state"] != "completed":
            continue
        said, known = history["results"].get(str(batch["id"])), sorted(records.get(batch["id"], []))
        if said is None:
            verdict.accuse("results", f"batch {batch['id']} of {batch['file']} is over and has no results")
        elif sorted(said) != known:
            differ = [row for row in said if row not in known][:3]
            verdict.accuse("results", f"batch {batch['id']} of {batch['file']}: {differ}, {len(said)} rows of {len(known)}")

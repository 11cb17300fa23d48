"""A campaign: the world, what goes on in it between faults, and its history."""
import random
import signal
import time

from checker import check
from cluster import DATABASES, Cluster
from runners import HOSTS, NODES, Emulator, Runner
from world import World

ADDRESSES = {
    "db1": "10.77.0.11", "db2": "10.77.0.12", "db3": "10.77.0.13", "etcd": "10.77.0.20", "api": "10.77.0.30",
    "run1": "10.77.0.41", "run2": "10.77.0.42", "run3": "10.77.0.43",
}
RUNNERS = list(HOSTS.values())
ATTEMPTS = """
    SELECT record_id, attempts.id, coalesce(nodes.name, ''), coalesce(attempts.epoch, 0), coalesce(slot_us, 0),
      attempts.started_at, coalesce(outcome, ''), coalesce(cause, ''), coalesce(billable, -1), coalesce(correlation_id, '')
    FROM rollcall.attempts LEFT JOIN rollcall.nodes ON nodes.id = node_id"""


class Stuck(Exception):
    """What must come did not."""


class Campaign:
    def __init__(self, binary, seed, rate, say, durability=None, shares=False, pools=False):
        self.random = random.Random(seed)
        self.is_durable = durability == "synchronous"
        self.seed, self.rate, self.say = seed, rate, say
        self.world = World(ADDRESSES)
        self.shares = shares
        self.cluster = Cluster(self.world, pools)
        self.emulator = Emulator(self.world, binary)
        self.runners = [
            Runner(self.world, binary, name, self.cluster.url, self.emulator, rate, durability, shares) for name in NODES]
        self.feeds, self.next_look = False, 0
        self.watched, self.orphans = [], []
        self.seen, self.present, self.halts, self.caps, self.losses, self.quiet = [], [], [], [], [], []
        self.lost_ends, self.disowned, self.untold = [], [], set()
        self.was_halted = set()

    # What goes on all the time.

    def tick(self):
        self.emulator.read()
        for runner in self.runners:
            runner.supervise()
            if self.feeds and runner.is_open() and runner.waiting(self.emulator.by_account) < 60:
                runner.drop(self.random.choice([20, 50, 90]))
        if self.watched and time.monotonic() > self.next_look:
            self.next_look = time.monotonic() + 1
            self.look_for_orphans()

    def wait(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.tick()
            time.sleep(0.2)

    def until(self, what, condition, seconds):
        """Waits until a condition holds; how long it took."""
        start = time.monotonic()
        while not condition():
            if time.monotonic() - start > seconds:
                raise Stuck(f"{what}: not within {seconds} s")
            self.tick()
            time.sleep(0.3)
        return time.monotonic() - start

    def be_quiet(self, seconds):
        """Lets all be well for so long, after the last fault has passed; lines wait at each node."""
        self.wait(3)
        start = time.time()
        self.wait(seconds)
        self.quiet.append({"from": int(start * 1_000_000), "until": int(time.time() * 1_000_000)})

    # Beginning and end.

    def begin(self):
        self.cluster.prepare()
        self.emulator.start(self.seed)
        self.until("the emulator listens", self.emulator.listens, 60)
        self.until("a primary with two standbys", self.cluster.is_whole, 120)
        self.cluster.make_database()
        for runner in self.runners:
            runner.prepare()
            runner.start()
            self.until("a daemon's folder is open", runner.is_open, 90)
        self.feeds = True
        self.settle()

    def make_whole(self):
        """Waits for three servers; a standby that Patroni does not bring to follow by itself is copied anew."""
        try:
            self.until("a primary with two standbys", self.cluster.is_whole, 75)
        except Stuck:
            self.say(f"standbys that do not follow are copied anew: {' '.join(self.cluster.copy_anew())}")
            self.until("a primary with two standbys", self.cluster.is_whole, 120)

    def settle(self):
        """Waits until all is well again: three servers, and a call of each runner; where they share all files, of any."""
        self.make_whole()
        self.go_beyond_latest()
        for runner in self.runners:
            if not runner.lives_now and runner.ended_at is None:
                runner.start()
        before = {runner.name: self.calls_of(runner) for runner in self.runners}
        waiting, total = set(before), len(self.emulator.calls)

        def all_call():
            self.resume_halted()
            waiting.difference_update(r.name for r in self.runners if self.calls_of(r) > before[r.name])
            return not waiting or self.shares and len(self.emulator.calls) > total + self.rate

        try:
            self.until("calls of each runner", all_call, 180)
        except Stuck as stuck:
            raise Stuck(f"{stuck}: none of {sorted(waiting)}") from stuck

    def go_beyond_latest(self):
        """Where a primary of an earlier timeline leads again, nobody calls until an operator has led to a later one."""
        latest = self.cluster.latest
        if self.cluster.timeline(self.cluster.leader()) in [0, latest]:
            return
        start = time.time()
        while self.cluster.latest <= latest:
            self.make_whole()
            leader = self.cluster.leader()
            standby = self.cluster.standbys(leader)[0]
            self.say(f"timeline {self.cluster.timeline(leader)} after {latest}: switched over from {leader} to {standby}")
            self.cluster.switch_over(leader, standby)
            self.until(f"{standby} leads", lambda standby=standby: self.cluster.leader() == standby, 60)
        self.make_whole()
        self.losses.append({"from": start, "until": time.time() + 30})

    def calls_of(self, runner):
        return sum(call["account"].startswith(runner.name) for call in self.emulator.calls)

    def finish(self):
        """Lets all files come to their end, ends the daemons, and reads what there is."""
        self.feeds = False

        def is_over():
            self.resume_halted()
            rows = self.ask("SELECT file_name FROM rollcall.batches WHERE state IN ('completed', 'cancelled', 'rejected')")
            files = {name for runner in self.runners for name in runner.files}
            return rows is not None and files <= {row[0] for row in rows}

        try:
            self.until("the end of all batches", is_over, 240)
        except Stuck as stuck:
            self.say(f"{stuck}")
        for runner in self.runners:
            if not runner.end(60):
                self.say(f"node {runner.name} does not end")
                runner.kill()
        self.emulator.read()

    # Looking, and what an operator would do.

    def ask(self, sql):
        leader = self.cluster.leader()
        return leader and self.cluster.rows(leader, sql)

    def resume_halted(self):
        """An operator reads why a batch halted, and resumes it."""
        rows = self.ask("SELECT id, name, reason FROM rollcall.batches WHERE state IN ('halted', 'paused')")
        for number, name, reason in rows or []:
            self.halts.append({"batch": int(number), "reason": reason})
            alive = [runner for runner in self.runners if runner.lives_now]
            if alive:
                unknown = self.unknown_calls(number) if "may have been sent" in (reason or "") else []
                if unknown is None:
                    continue
                word = "cancel" if unknown else "resume"
                status, text = alive[0].command(word, name)
                if status != 0:
                    self.say(f"{word} {name}: {status} {text.strip()[:200]}")
                elif unknown:
                    self.disowned += unknown
                    self.give_up(number)
                    self.say(f"{name} cancelled: the provider knows {len(unknown)} calls that the ledger does not")

    def unknown_calls(self, batch):
        """The accounts of a batch of which the API, which an operator asks, has had calls, and the ledger has none."""
        rows = self.ask(
            "SELECT file_name, record_id FROM rollcall.batches "
            f"LEFT JOIN rollcall.attempts ON record_id >> 32 = batches.id WHERE batches.id = {int(batch)}")
        if not rows:
            return None
        accounts = next(r.files[rows[0][0]] for r in self.runners if rows[0][0] in r.files)
        known = {accounts[(int(row[1]) & 0xFFFF_FFFF) - 2] for row in rows if row[1]}
        self.emulator.read()
        return [account for account in accounts if account in self.emulator.by_account and account not in known]

    def give_up(self, batch):
        """No call of this batch's file is waited for any more."""
        for row in self.ask(f"SELECT file_name FROM rollcall.batches WHERE id = {int(batch)}") or []:
            for runner in self.runners:
                runner.given_up |= {row[0]} & set(runner.files)

    def retire(self, runner, other):
        """An operator gives what a node that is gone had to another one; its machine goes on as a new node."""
        said = []

        def is_retired():
            status, text = other.command("nodes", "retire", runner.node, "--to", other.node)
            said[:] = [text.strip()]
            return status == 0

        try:
            self.until(f"node {runner.node} is retired", is_retired, 90)
        except Stuck as stuck:
            raise Stuck(f"{stuck}: {said[0][:300]}") from stuck
        self.stop_watching(runner)
        for name in [name for name in runner.files if f"cancelled; hand {name} " in said[0]]:
            self.say(f"{name} is handed to node {other.node}")
            other.put(name, runner.files[name])
        if runner.node in self.untold:
            self.withhold_unknown(runner)
        runner.become_another()
        return said[0]

    def withhold_unknown(self, runner):
        """An operator takes away the files of which the API has had calls, and the ledger no batch."""
        rows = self.ask("SELECT file_name FROM rollcall.batches")
        if rows is None:
            raise Stuck("the batches can't be read")
        self.emulator.read()
        for name in set(runner.files) - {row[0] for row in rows}:
            called = [account for account in runner.files[name] if account in self.emulator.by_account]
            if called:
                self.say(f"{name} is withheld: the provider knows {len(called)} calls, and the ledger no batch")
                self.disowned += called
                runner.take_away(name)

    def watch_orphans(self, runner):
        """From now on it is seen to how long the calls of a node that was killed stay open."""
        self.watched.append((runner, runner.node, time.monotonic()))

    def look_for_orphans(self):
        rows = self.ask(
            "SELECT nodes.name, count(*) FROM rollcall.attempts JOIN rollcall.nodes ON nodes.id = node_id "
            "WHERE outcome IS NULL GROUP BY nodes.name")
        if rows is None:
            return
        open_calls = dict(rows)
        for watched in list(self.watched):
            _, node, since = watched
            if node not in open_calls:
                self.watched.remove(watched)
                self.orphans.append({"node": node, "seconds": round(time.monotonic() - since, 1)})

    def stop_watching(self, runner):
        """It starts again, and tells by itself."""
        for watched in [w for w in self.watched if w[0] is runner]:
            self.watched.remove(watched)
            # A shorter time says nothing against it.
            if time.monotonic() - watched[2] > 30:
                self.orphans.append({"node": watched[1], "seconds": None})

    def remember_attempts(self, server):
        """Keeps what a primary has committed lately, before it is replaced."""
        rows = self.cluster.rows(
            server, "SELECT record_id, a.id, coalesce(slot_us, 0), coalesce(outcome, ''), file_name, n.name "
            "FROM rollcall.attempts a JOIN rollcall.batches b ON b.id = record_id >> 32 JOIN rollcall.nodes n ON n.id = node_id "
            "WHERE node_id IS NOT NULL AND a.id > (SELECT max(id) - 3000 FROM rollcall.attempts)")
        return [
            {"record": int(r), "id": int(i), "slot": int(s), "outcome": o, "file": f, "node": n}
            for r, i, s, o, f, n in rows or []]

    def compare(self, seen, server):
        """Keeps which of these a primary's successor has of its own: what nodes enter for lost ones names no node."""
        rows = self.cluster.rows(
            server, "SELECT record_id, id, coalesce(outcome, '') FROM rollcall.attempts WHERE node_id IS NOT NULL "
            "AND id > (SELECT max(id) - 6000 FROM rollcall.attempts)")
        if rows is None:
            raise Stuck("the new primary does not answer")
        own = {(int(r), int(i)): o for r, i, o in rows}
        self.seen += seen
        self.present += [[a["record"], a["id"]] for a in seen if (a["record"], a["id"]) in own]
        claims = sum((a["record"], a["id"]) not in own for a in seen)
        ends = [a for a in seen if a["outcome"] and own.get((a["record"], a["id"])) == ""]
        self.lost_ends += [{name: a[name] for name in ("record", "id", "outcome")} for a in ends]
        return claims, len(ends)

    # The cap.

    def set_cap(self, further):
        """From now on the day may have so many further calls."""
        rows = self.ask("SELECT coalesce(max(calls), 0) FROM rollcall.call_days")
        if not rows:
            raise Stuck("the calls of the day can't be read")
        cap = int(rows[0][0]) + further
        self.say(f"cap: {further} further calls")
        for runner in self.runners:
            runner.configure(cap)
            runner.reload()
        return cap

    def calls_today(self):
        rows = self.ask("SELECT coalesce(max(calls), 0) FROM rollcall.call_days")
        return int(rows[0][0]) if rows else 0

    def reach_cap(self, cap):
        """Waits until the day's calls are used up, and then whether one more comes."""

        def is_reached():
            self.resume_halted()
            return self.calls_today() >= cap

        self.until("the day's cap", is_reached, 180)
        self.wait(10)

    def lift_cap(self, cap):
        self.emulator.read()
        self.caps.append({"cap": cap, "calls": len(self.emulator.calls)})
        for runner in self.runners:
            runner.configure(None)
            runner.reload()

    # The history.

    def history(self):
        leader = self.cluster.leader()

        def rows(sql):
            found = self.cluster.rows(leader, sql, timeout=60) if leader else None
            if found is None:
                raise Stuck("the ledger can't be read")
            return found

        names = {"record": 0, "id": 1, "node": 2, "epoch": 3, "slot": 4, "started": 5, "outcome": 6, "cause": 7,
                 "billable": 8, "correlation_id": 9}
        numbers = {"record", "id", "epoch", "slot", "started", "billable"}
        attempts = [
            {name: int(row[place]) if name in numbers else row[place] for name, place in names.items()}
            for row in rows(ATTEMPTS)]
        lost = rows("SELECT coalesce(sum(calls), 0) FROM rollcall.other_calls WHERE kind = 'lost by a restore'")
        for runner in self.runners:
            self.stop_watching(runner)
        return {
            "seed": self.seed, "rate": self.rate,
            "files": {n: {"node": r.name, "accounts": a} for r in self.runners for n, a in r.files.items()},
            "calls": self.emulator.calls,
            "batches": [
                {"id": int(i), "file": f, "state": s}
                for i, f, s in rows("SELECT id, file_name, state FROM rollcall.batches ORDER BY id")],
            "records": [
                {"id": int(i), "status": int(s), "held": int(h)}
                for i, s, h in rows("SELECT id, status, held FROM rollcall.records ORDER BY id")],
            "attempts": attempts,
            "lives": [life for runner in self.runners for life in runner.lives],
            "lost_calls": int(lost[0][0]), "caps": self.caps, "orphans": self.orphans, "seen": self.seen,
            "present": self.present, "halts": self.halts, "losses": self.losses, "lost_ends": self.lost_ends,
            "durable": self.is_durable, "disowned": self.disowned, "untold": sorted(self.untold),
            "quiet": self.quiet,
            "results": {batch: rows for runner in self.runners for batch, rows in runner.results().items()},
        }

    def verdict(self, history):
        return check(history)

"""The faults, each of which leaves a world that heals. A function takes the campaign and says what it did."""
import time

from cluster import DATABASES
from campaign import RUNNERS, Stuck


def _leader(campaign, synchronous):
    """The primary, once the replication is as a fault wants it."""
    campaign.make_whole()
    leader = campaign.cluster.leader()
    campaign.cluster.set_synchronous(leader, synchronous)
    campaign.until(
        "the mode of replication", lambda: campaign.cluster.is_synchronous(leader) == synchronous, 60)
    return leader


def _either(campaign):
    """Whether the replication of a fault that can have both kinds is synchronous."""
    return campaign.random.random() < 0.5 or campaign.is_durable


def _successor(campaign, old, synchronous):
    """Waits for another primary; its name."""
    found, start = [], time.time()

    def is_there():
        name = campaign.cluster.leader(besides=(old,))
        found[:] = [name] if name else []
        return bool(found)

    campaign.until("another primary", is_there, 90)
    if not synchronous:
        campaign.losses.append({"from": start, "until": time.time() + 30})
    return found[0]


def kill_runner(campaign):
    """kill -9 of a runner, which starts again at once, soon, or long after its lease."""
    runner = campaign.random.choice(campaign.runners)
    pause = campaign.random.choice([0, 3, 12, 34])
    runner.kill()
    campaign.watch_orphans(runner)
    campaign.wait(pause)
    campaign.stop_watching(runner)
    runner.start()
    return f"runner {runner.name}, for {pause} s"


def stop_runner(campaign):
    """SIGSTOP of a runner for 30 s, longer than its lease."""
    runner = campaign.random.choice(campaign.runners)
    campaign.world.stop(runner.host)
    campaign.wait(30)
    campaign.world.wake(runner.host)
    return f"runner {runner.name}, for 30 s"


def cut_runner(campaign):
    """A runner and the database are cut from each other, shorter or longer than its lease."""
    runner = campaign.random.choice(campaign.runners)
    seconds = campaign.random.choice([3, 8, 16, 28, 40])
    campaign.world.cut([runner.host], DATABASES)
    campaign.wait(seconds)
    campaign.world.heal()
    return f"runner {runner.name} and the database, for {seconds} s"


def slow_runners(campaign):
    """Each packet between a runner, or all, and the database takes its time."""
    hosts = campaign.random.choice([[host] for host in RUNNERS] + [RUNNERS])
    delay = campaign.random.choice([0.02, 0.1, 0.4])
    campaign.world.slow(hosts, DATABASES, delay)
    campaign.wait(20)
    campaign.world.heal()
    return f"{' '.join(hosts)} and the database, {delay * 1_000:.0f} ms each way for 20 s"


def slow_standbys(campaign):
    """Each packet between the servers takes its time, with a synchronous standby."""
    _leader(campaign, synchronous=True)
    delay = campaign.random.choice([0.02, 0.1, 0.3])
    campaign.world.slow(DATABASES, DATABASES, delay)
    campaign.wait(20)
    campaign.world.heal()
    return f"{delay * 1_000:.0f} ms each way between the servers for 20 s"


def cut_standbys(campaign):
    """The primary and its standbys are cut from each other, with synchronous replication: nothing is acknowledged."""
    leader = _leader(campaign, synchronous=True)
    seconds = campaign.random.choice([5, 15, 25])
    campaign.world.cut([leader], [name for name in DATABASES if name != leader])
    campaign.wait(seconds)
    campaign.world.heal()
    return f"{leader} and its standbys, for {seconds} s"


def fail_over(campaign, synchronous=True):
    """kill -9 of the primary with its Patroni; its machine comes back later."""
    leader = _leader(campaign, synchronous)
    seen = campaign.remember_attempts(leader)
    campaign.world.kill(leader)
    next_one = _successor(campaign, leader, synchronous)
    lost = campaign.compare(seen, next_one)
    campaign.wait(campaign.random.choice([0, 5, 15]))
    campaign.cluster.start(leader)
    return f"{leader} killed, {next_one} took over; {lost[0]} claims and {lost[1]} ends lost"


def fail_over_asynchronous(campaign):
    """The same with asynchronous replication."""
    return fail_over(campaign, synchronous=False)


def lose_commits(campaign):
    """Asynchronous: standbys cut off, writes, kill of the primary; the cut is kept until the promotion."""
    leader = _leader(campaign, synchronous=False)
    standbys = [name for name in DATABASES if name != leader]
    seconds = campaign.random.choice([0.3, 1, 2, 4])
    campaign.world.cut([leader], standbys)
    campaign.wait(seconds)
    seen = campaign.remember_attempts(leader)
    campaign.world.kill(leader)
    next_one = _successor(campaign, leader, synchronous=False)
    lost = campaign.compare(seen, next_one)
    campaign.world.heal()
    campaign.wait(campaign.random.choice([0, 5]))
    campaign.cluster.start(leader)
    return f"{leader} cut off for {seconds} s and killed, {next_one} took over; {lost[0]} claims and {lost[1]} ends lost"


def stop_primary(campaign):
    """SIGSTOP of the primary with its Patroni; it wakes after another was promoted, and knows nothing of it."""
    synchronous = _either(campaign)
    leader = _leader(campaign, synchronous)
    seen = campaign.remember_attempts(leader)
    start = time.monotonic()
    campaign.world.stop(leader)
    next_one = _successor(campaign, leader, synchronous)
    lost = campaign.compare(seen, next_one)
    # In half of the cases for as long as one runner stands still above.
    pause = campaign.random.choice([0, 2, 30, 30])
    campaign.wait(max(pause if pause < 30 else 0, start + pause - time.monotonic()))
    campaign.world.wake(leader)
    kind = "synchronous" if synchronous else "asynchronous"
    return (f"{leader} stopped ({kind}) for {time.monotonic() - start:.0f} s, {next_one} took over; {lost[0]} claims and "
            f"{lost[1]} ends lost")


def lead_again(campaign):
    """A primary stands still, another is promoted and written to, and then the first leads again as if nothing had been."""
    leader, start = _leader(campaign, synchronous=False), time.time()
    campaign.world.stop(leader)
    next_one = _successor(campaign, leader, synchronous=False)
    campaign.wait(campaign.random.choice([8, 20]))
    seen = campaign.remember_attempts(next_one)
    campaign.cluster.give_lead(leader)
    campaign.world.wake(leader)
    campaign.until("it leads again", lambda: campaign.cluster.leader(besides=(next_one,)) == leader, 60)
    lost = campaign.compare(seen, leader)
    campaign.until("the other follows", lambda: campaign.cluster.leader() == leader, 60)
    campaign.go_beyond_latest()
    campaign.losses.append({"from": start, "until": time.time() + 30})
    return f"{leader} stopped, {next_one} took over, {leader} led again; {lost[0]} claims and {lost[1]} ends lost"


def switch_over(campaign):
    """An operator makes a standby the primary."""
    leader = _leader(campaign, synchronous=True)
    rows = campaign.cluster.rows(
        leader, "SELECT application_name FROM pg_stat_replication WHERE sync_state = 'sync'", database="postgres")
    if not rows:
        raise Stuck("no synchronous standby")
    campaign.cluster.switch_over(leader, rows[0][0])
    return f"{leader} to {rows[0][0]}"


def step_runner_clock(campaign):
    """A runner's wall clock is set an hour, or half a minute, forward or back, and later right again."""
    runner = campaign.random.choice(campaign.runners)
    seconds = campaign.random.choice([-3_600, -30, 30, 3_600])
    campaign.world.set_clock(runner.host, seconds)
    campaign.wait(12)
    campaign.world.set_clock(runner.host, 0)
    return f"runner {runner.name}, {seconds} s, and 12 s later right again"


def step_database_clock(campaign):
    """The primary's wall clock, by which slots are dated and leases end, is set forward or back, and later right again."""
    leader = _leader(campaign, synchronous=True)
    seconds = campaign.random.choice([-15, -3, 3, 25])
    campaign.world.set_clock(leader, seconds)

    def is_set():
        # A query may take a while on a busy machine, or fail: Patroni, by whose wall clock an answer of etcd now took as long as
        # that was set forward, may give the primary up, and have the server follow another.
        before = time.time()
        rows = campaign.cluster.rows(leader, "SELECT date_part('epoch', clock_timestamp())")
        return rows and before - 0.5 <= float(rows[0][0]) - seconds <= time.time() + 0.5

    campaign.until("the server's clock", is_set, 90)
    campaign.wait(12)
    campaign.world.set_clock(leader, 0)
    # Leases end by that clock, too: let each node say its word by the right one.
    campaign.wait(7)
    return f"{leader}, {seconds} s, and 12 s later right again"


def fail_over_with_runner(campaign):
    """A runner and the primary are killed together."""
    runner = campaign.random.choice(campaign.runners)
    runner.kill()
    text = fail_over(campaign, synchronous=_either(campaign))
    # Nobody can enter anything before there is a primary.
    campaign.watch_orphans(runner)
    pause = campaign.random.choice([0, 34])
    campaign.wait(pause)
    campaign.stop_watching(runner)
    runner.start()
    return f"runner {runner.name}, for {pause} s beyond; {text}"


def retire_runner(campaign):
    """A runner is killed for good: another one gets what it had, and its machine goes on as a new node."""
    runner = campaign.random.choice(campaign.runners)
    other = campaign.random.choice([one for one in campaign.runners if one is not runner])
    pause = campaign.random.choice([0, 12, 30])
    runner.kill()
    campaign.watch_orphans(runner)
    campaign.wait(pause)
    node = runner.node
    campaign.retire(runner, other)
    runner.start()
    return f"node {node} to {other.node} after {pause} s, and on as {runner.node}"


def retire_untold(campaign):
    """The same after a failover that lost commits, of which the node that is gone never told the new server."""
    runner = campaign.random.choice(campaign.runners)
    other = campaign.random.choice([one for one in campaign.runners if one is not runner])
    leader = _leader(campaign, synchronous=False)
    standbys = [name for name in DATABASES if name != leader]
    campaign.world.cut([leader], standbys)
    campaign.wait(campaign.random.choice([1, 2]))
    runner.kill()
    seen = campaign.remember_attempts(leader)
    campaign.world.kill(leader)
    next_one = _successor(campaign, leader, synchronous=False)
    lost = campaign.compare(seen, next_one)
    campaign.world.heal()
    campaign.cluster.start(leader)
    node = runner.node
    campaign.untold.add(node)
    said = campaign.retire(runner, other)
    runner.start()
    return (f"node {node} to {other.node}, and on as {runner.node}; {leader} killed, {next_one} took over; {lost[0]} claims and "
            f"{lost[1]} ends lost; {said.count('never told')} batches halted by it")


FAULTS = {
    "kill-runner": (kill_runner, 3), "stop-runner": (stop_runner, 2), "cut-runner": (cut_runner, 3),
    "slow-runners": (slow_runners, 2), "slow-standbys": (slow_standbys, 1), "cut-standbys": (cut_standbys, 1),
    "failover": (fail_over, 2), "failover-async": (fail_over_asynchronous, 2), "lost-commits": (lose_commits, 3),
    "stopped-primary": (stop_primary, 3), "lead-again": (lead_again, 1), "switchover": (switch_over, 1),
    "failover-with-runner": (fail_over_with_runner, 2),
    "clock-runner": (step_runner_clock, 1), "clock-database": (step_database_clock, 1), "retire": (retire_runner, 2),
    "retire-untold": (retire_untold, 2),
}


# Those in which a primary acknowledges what no standby has.
ASYNCHRONOUS = {"failover-async", "lost-commits", "retire-untold", "lead-again"}


def draw(random, count, kinds, is_durable=False, shares=False):
    """So many faults, by weight: the kinds that are wanted, or all; where nodes want a synchronous standby, none without, and where
    they share all files none after which it is unclear whose a file was that the ledger does not know."""
    left_out = (ASYNCHRONOUS if is_durable else set()) | ({"retire-untold"} if shares else set())
    names = [name for name in FAULTS if (not kinds or name in kinds) and name not in left_out]
    return random.choices(names, [FAULTS[name][1] for name in names], k=count)

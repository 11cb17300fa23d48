#!/usr/bin/env python3
"""Faults by seed on three runners that share a PostgreSQL database of three servers, checked by what the API's log and the
ledger say afterwards.

Usage: chaos.py --seed N --faults N --minutes N [--kinds a,b] [--durability synchronous] [--shared] [--pools]
         [--binary FILE]
       chaos.py --check HISTORY

It runs as root in namespaces of its own (network, mounts, processes), all of which end with it. The exit code is 0 when no
rule was broken, 1 when one was, 2 when the campaign could not go on. Logs and history lie in .build-chaos/seed-N then.
"""
import argparse
import json
import os
import shutil
import sys
import time

import world
from checker import check

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=12)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=float, default=30, help="the contract's, calls per second")
    parser.add_argument("--kinds", default="", help="only these faults, by commas")
    parser.add_argument("--durability", choices=["", "synchronous"], help="database_durability; then no failover loses anything")
    parser.add_argument("--shared", action="store_true", help="shared_folders: all files are in one drop folder")
    parser.add_argument("--pools", action="store_true", help="PgBouncer, in transaction mode, before each server")
    parser.add_argument("--binary", default=f"{ROOT}/.build/debug/rollcall")
    parser.add_argument("--check", help="judge a history again")
    return parser.parse_args()


def report(verdict):
    for name, value in verdict.figures.items():
        print(f"  {name}: {value}")
    rules = sorted({rule for rule, _ in verdict.violations})
    for rule in rules:
        found = [text for broken, text in verdict.violations if broken == rule]
        print(f"BROKEN {rule}: {len(found)}")
        for text in found[:5]:
            print(f"  {text}")
    return not rules


def perform(campaign, faults, end, say):
    """Does the faults one after the other; how many were done."""
    from faults import FAULTS
    cap = None
    for number, name in enumerate(faults, 1):
        if time.monotonic() > end:
            say("the time is up")
            return number - 1
        # The last fault but one happens under a cap that is near.
        if cap is None and len(faults) > 2 and number == len(faults) - 1:
            cap = campaign.set_cap(int(campaign.rate * 10))
        start, calls = time.monotonic(), len(campaign.emulator.calls)
        text = FAULTS[name][0](campaign)
        took = time.monotonic() - start
        if cap is None:
            campaign.settle()
        done = len(campaign.emulator.calls) - calls
        say(f"fault {number} {name}: {text} ({took:.0f} s, all well after {time.monotonic() - start:.0f} s, {done} calls)")
        if cap is None:
            campaign.wait(campaign.random.choice([1, 4]))
    if cap is not None:
        campaign.reach_cap(cap)
        campaign.lift_cap(cap)
        say(f"cap: {campaign.caps[-1]['calls']} calls of {cap}")
        campaign.settle()
    return len(faults)


def main():
    options = arguments()
    if options.check:
        with open(options.check) as file:
            sys.exit(0 if report(check(json.load(file))) else 1)
    if not os.path.exists(options.binary):
        sys.exit(f"chaos: {options.binary} is not built: swift build --product rollcall")
    world.isolate()
    world.reap()
    from campaign import Campaign, Stuck
    from faults import draw
    began = time.monotonic()

    def say(text):
        print(f"[{time.monotonic() - began:5.0f} s] {text}", flush=True)

    end = began + options.minutes * 60
    # On a copy, so that a build meanwhile changes nothing.
    campaign = Campaign(
        f"{world.ROOT}/rollcall-tool", options.seed, options.rate, say, options.durability, options.shared, options.pools)
    shutil.copy(options.binary, f"{world.ROOT}/rollcall-tool")
    kinds = [kind for kind in options.kinds.split(",") if kind]
    faults = draw(campaign.random, options.faults, kinds, campaign.is_durable, campaign.shares)
    code, folder = 2, f"{ROOT}/.build-chaos/seed-{options.seed}"
    try:
        campaign.begin()
        say(f"seed {options.seed}: three servers, three runners, calls begin")
        campaign.be_quiet(20)
        done = perform(campaign, faults, end, say)
        campaign.be_quiet(20)
        campaign.finish()
        history = campaign.history()
        with open(f"{campaign.world.logs}/history.json", "w") as file:
            json.dump(history, file)
        say(f"seed {options.seed}: {done} faults")
        code = 0 if report(check(history)) else 1
    except Stuck as stuck:
        say(f"seed {options.seed}: STUCK: {stuck}")
        try:
            campaign.feeds = False
            campaign.emulator.read()
            history = campaign.history()
            with open(f"{campaign.world.logs}/history.json", "w") as file:
                json.dump(history, file)
            report(check(history))
        except Stuck:
            pass
    campaign.world.keep_logs(folder)
    if code != 0:
        kinds = f" KINDS={options.kinds}" if options.kinds else ""
        kinds += f" DURABILITY={options.durability}" if options.durability else ""
        kinds += (" SHARED=1" if options.shared else "") + (" POOLS=1" if options.pools else "")
        print(f"FAILED: make chaos SEED={options.seed} FAULTS={options.faults}{kinds}; logs and history: {folder}")
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    main()

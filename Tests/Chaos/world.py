"""Hosts in network namespaces of their own, the network between them, and the processes on them.

All of it lies in namespaces that `isolate` makes for this process: nothing of it is seen outside, and the kernel ends every
process and forgets every device, mount and file of it when this process ends, however it ends.
"""
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time

# Everything of a campaign, in memory.
ROOT = "/mnt"
HERE = os.path.dirname(os.path.abspath(__file__))
OWN_ADDRESS = "10.77.0.1"


def isolate():
    """Goes on in namespaces of our own, whose first process ends with this one and takes all others with it."""
    if os.environ.get("CHAOS_INSIDE"):
        return
    if os.geteuid() != 0:
        sys.exit("chaos: namespaces, and servers that run as other users, need root")
    if not os.path.exists("/dev/net/tun"):
        sys.exit("chaos: /dev/net/tun is missing; the kernel's module tun makes it")
    os.environ["CHAOS_INSIDE"] = "1"
    namespaces = ["--net", "--mount", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"]
    os.execvp("unshare", ["unshare"] + namespaces + ["--", sys.executable] + sys.argv)


def reap():
    """Leaves the work to a child: the first process of a namespace inherits all orphans, and must wait for them."""
    child = os.fork()
    if child == 0:
        return
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: os._exit(130))
    while True:
        ended, status = os.wait()
        if ended == child:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


class World:
    """The hosts by name, each with an address."""

    def __init__(self, hosts):
        self.addresses = hosts
        self.processes = []
        self.cuts, self.delays = set(), {}
        for folder in ("/run", ROOT):
            subprocess.run(["mount", "-t", "tmpfs", "chaos", folder], check=True)
        os.chmod(ROOT, 0o755)
        self.logs = f"{ROOT}/logs"
        os.mkdir(self.logs)
        os.chmod(self.logs, 0o777)
        self.clock_library = f"{ROOT}/clock.so"
        compiler = shutil.which("cc") or "clang"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", self.clock_library, f"{HERE}/../Faults/clock.c"], check=True)
        os.mkdir(f"{ROOT}/clocks")
        for host in hosts:
            self.set_clock(host, 0)
            subprocess.run(["ip", "netns", "add", host], check=True)
        plugs = [{"name": h, "address": a, "namespace": h} for h, a in hosts.items()]
        plugs.append({"name": "chaos", "address": OWN_ADDRESS, "namespace": None})
        self.switch = subprocess.Popen(
            [sys.executable, f"{HERE}/switch.py", json.dumps(plugs)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)
        self._await_switch()

    def _await_switch(self):
        if self.switch.stdout.readline() != "ok\n":
            raise RuntimeError("the switch has ended")

    def _enforce(self):
        at = self.addresses
        rules = {
            "cut": [[at[a], at[b]] for a, b in sorted(self.cuts)],
            "delay": [[at[a], at[b], s] for (a, b), s in sorted(self.delays.items())],
        }
        self.switch.stdin.write(json.dumps(rules) + "\n")
        self.switch.stdin.flush()
        self._await_switch()

    def cut(self, these, those):
        """No packet passes between these hosts and those, either way, from now on."""
        self.cuts |= {pair for a in these for b in those if a != b for pair in ((a, b), (b, a))}
        self._enforce()

    def slow(self, these, those, seconds):
        """Each packet between these hosts and those takes so long from now on."""
        self.delays.update({pair: seconds for a in these for b in those if a != b for pair in ((a, b), (b, a))})
        self._enforce()

    def heal(self):
        """All packets pass at once again."""
        self.cuts, self.delays = set(), {}
        self._enforce()

    def set_clock(self, host, seconds):
        """Sets a host's wall clock so far forward, or back, from the true time."""
        with open(f"{ROOT}/clocks/{host}", "r+b" if os.path.exists(f"{ROOT}/clocks/{host}") else "wb") as file:
            file.write(struct.pack("q", int(seconds * 1_000_000)))

    def start(self, host, name, command, user=None, folder=None):
        """Starts a program on a host; what it says is in the log of that name."""
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        environment = {"PATH": os.environ["PATH"], "HOME": ROOT, "LANG": "C.UTF-8"}
        environment.update(LD_PRELOAD=self.clock_library, CHAOS_CLOCK=f"{ROOT}/clocks/{host}")
        with open(f"{self.logs}/{name}.log", "ab") as log:
            process = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{host}", "--"] + as_user + command, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=folder or ROOT, env=environment, start_new_session=True)
        self.processes.append(process)
        return process

    def pids(self, host):
        """All processes on a host."""
        namespace = os.stat(f"/run/netns/{host}").st_ino
        found = []
        for entry in os.listdir("/proc"):
            try:
                if entry.isdigit() and os.stat(f"/proc/{entry}/ns/net").st_ino == namespace:
                    found.append(int(entry))
            except OSError:
                pass  # It has ended meanwhile.
        return found

    def signal_all(self, host, number):
        for pid in self.pids(host):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def kill(self, host):
        """Kills everything on a host, with what it starts meanwhile."""
        while self.pids(host):
            self.signal_all(host, signal.SIGKILL)
            for process in self.processes:
                process.poll()
            time.sleep(0.01)
        self.processes = [process for process in self.processes if process.poll() is None]

    def stop(self, host):
        """Lets nothing on a host run any more: twice, so that a process made meanwhile is stopped, too."""
        self.signal_all(host, signal.SIGSTOP)
        self.signal_all(host, signal.SIGSTOP)

    def wake(self, host):
        self.signal_all(host, signal.SIGCONT)

    def keep_logs(self, folder):
        """Copies logs and history out of the campaign's memory, where they outlive it."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.logs, folder)
        return folder

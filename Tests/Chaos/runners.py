"""The emulator, and three runners with drop folders that are kept filled."""
import csv
import glob
import hashlib
import json
import os
import signal
import subprocess
import time

from world import ROOT

HOME = f"{ROOT}/rollcall"
NODES = ["a", "b", "c"]
HOSTS = {"a": "run1", "b": "run2", "c": "run3"}
HEADER = "id,account_id,name,email,phone_number,ip,user_agent\n"

SETTINGS = """
database: '{url}'
sealing_key: secrets/sealing.key
api:
  base_url: https://{api}:8443/identity/accounts
  client_certificate: pki/client.pem
  client_key: pki/client.key
  ca_certificates: pki/ca.pem
  encryption_key: pki/encryption.pem
  decryption_key: pki/decryption.pem
  request_timeout: 10s
output: out-{folder}
node: {{ name: {node}, folder: node-{node} }}
limits: {{ rate: {rate}, concurrency: 16{cap} }}
jobs: jobs-{folder}
shared_folders: {shared}
{durability}"""


class Emulator:
    """The API's stand-in, and its log of calls as it grows."""

    def __init__(self, world, binary):
        self.world, self.binary = world, binary
        self.address = world.addresses["api"]
        self.calls, self.by_account, self.names = [], {}, {}
        self._place = 0

    def start(self, seed):
        os.makedirs(HOME, mode=0o700)
        self.world.start("api", "emulator", [
            self.binary, "emulator", "--listen", f"{self.address}:8443", "--dir", HOME, "--latency", "100", "--jitter",
            "300", "--seed", str(seed)])

    def listens(self):
        return os.path.exists(f"{HOME}/rollcall.yaml")

    def read(self):
        """Reads what the log has more than before."""
        try:
            with open(f"{HOME}/calls.jsonl", "rb") as file:
                file.seek(self._place)
                text = file.read()
        except FileNotFoundError:
            return
        whole = text[:text.rfind(b"\n") + 1]
        self._place += len(whole)
        for line in whole.splitlines():
            call = json.loads(line)
            # What is sent is the account's SHA-256.
            call["account"] = self.names.get(call["account"], call["account"])
            self.calls.append(call)
            self.by_account[call["account"]] = self.by_account.get(call["account"], 0) + 1


class Runner:
    """One node's daemon: its settings, its process, its drop folder, and what became of each of its processes.

    Its host, files and accounts have its name for good; the node does until it is retired.
    """

    def __init__(self, world, binary, name, url, emulator, rate, durability, shares):
        self.world, self.binary, self.name = world, binary, name
        self.node, self.retired = name, 0
        self.shares = shares
        self.folder = "shared" if shares else name
        self.durability = durability
        self.host = HOSTS[name]
        self.url, self.emulator, self.rate = url, emulator, rate
        self.process = None
        self.files, self.given_up, self.dropped = {}, set(), 0
        self.cap = None
        self.lives = []
        self.ended_at = None

    def prepare(self):
        for folder in (f"jobs-{self.folder}", f"drop-{self.folder}", f"out-{self.folder}", "secrets"):
            os.makedirs(f"{HOME}/{folder}", mode=0o700, exist_ok=True)
        with open(f"{HOME}/jobs-{self.folder}/drop.yaml", "w") as file:
            file.write(f"source: {{ path: drop-{self.folder}, settle: 100ms }}\n")
        self.configure(None)

    def configure(self, cap):
        """Writes its settings, with a cap on the day's calls or none."""
        self.cap = cap
        path = f"{HOME}/{self.name}.yaml"
        text = SETTINGS.format(
            url=self.url, api=self.emulator.address, node=self.node, folder=self.folder, rate=self.rate,
            shared="true" if self.shares else "false",
            cap="" if cap is None else f", daily_calls: {cap}",
            durability=f"database_durability: {self.durability}\n" if self.durability else "")
        with open(f"{path}.new", "w") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
        os.rename(f"{path}.new", path)

    @property
    def lives_now(self):
        return self.process is not None and self.process.poll() is None

    def start(self):
        # Each process has a boot clock of its own: nobody may compare two.
        offset = str(len(self.lives) * 40_000 + NODES.index(self.name) * 1_000_000)
        clock = ["unshare", "--time", "--boottime", offset, "--monotonic", offset, "--"]
        self.process = self.world.start(
            self.host, f"node-{self.name}", clock + [self.binary, "daemon", "--config", f"{self.name}.yaml"], folder=HOME)
        self.lives.append({"node": self.node, "from": time.time(), "until": None, "killed": False, "status": None})

    def supervise(self):
        """Starts it again when it has ended by itself, as a service manager does."""
        if self.process is None or self.process.poll() is None:
            return
        if self.ended_at is None:
            self.ended_at = time.monotonic()
            self.lives[-1].update(until=time.time(), status=self.process.returncode)
        elif time.monotonic() > self.ended_at + 2:
            self.ended_at = None
            self.start()

    def kill(self):
        """Kills it; nobody starts it again before `start`."""
        if self.process is not None and self.ended_at is None and self.lives_now:
            self.lives[-1].update(until=time.time(), killed=True)
        self.process = self.ended_at = None
        self.world.kill(self.host)

    def become_another(self):
        """Its node was retired: from its next start on it is a new one, with the settings and folders of before."""
        self.retired += 1
        self.node = f"{self.name}-{self.retired + 1}"
        self.configure(self.cap)

    def reload(self):
        if self.lives_now:
            os.kill(self.process.pid, signal.SIGHUP)

    def end(self, patience):
        """Asks it to end, and waits; whether it did."""
        if self.process is None:
            return True
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return False
        self.lives[-1].update(until=time.time(), status=self.process.returncode)
        self.process = None
        return True

    def drop(self, lines):
        """Drops a file of so many lines; all accounts of a campaign differ."""
        self.dropped += 1
        number = self.dropped
        name = f"{self.name}{number}.csv"
        accounts = [f"{self.name}{number}-{line}" for line in range(1, lines + 1)]
        self.emulator.names.update((hashlib.sha256(a.encode()).hexdigest(), a) for a in accounts)
        self.put(name, accounts)
        self.files[name] = accounts
        return name

    def put(self, name, accounts):
        """Lays a file of these accounts into the drop folder."""
        rows = "".join(
            f"r{account},{account},Ada Example,{account}@example.com,+1206{2_000_000 + line:07},192.0.2.1,Mozilla/5.0\n"
            for line, account in enumerate(accounts))
        with open(f"{HOME}/drop-{self.folder}/.{name}", "w") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(HEADER + rows)
        inbox = f"{HOME}/drop-{self.folder}/inbox"
        os.rename(f"{HOME}/drop-{self.folder}/.{name}", f"{inbox}/{name}")

    def take_away(self, name):
        """Takes a file out of the drop folder, wherever in it that lies."""
        del self.files[name]
        for folder, _, names in os.walk(f"{HOME}/drop-{self.folder}"):
            if name in names:
                os.unlink(f"{folder}/{name}")

    def waiting(self, seen):
        """How many of the lines dropped here no call was seen of."""
        files = [accounts for name, accounts in self.files.items() if name not in self.given_up]
        return sum(account not in seen for accounts in files[-3:] for account in accounts)

    def is_open(self):
        return os.path.isdir(f"{HOME}/drop-{self.folder}/inbox")

    def results(self):
        """What its results say: for each batch's number the status of each line."""
        found = {}
        for path in glob.glob(f"{HOME}/drop-{self.folder}/out/*/results.csv"):
            with open(path, newline="", encoding="utf-8-sig") as file:
                rows = [[int(row["line"]), row["status"]] for row in csv.DictReader(file)]
            found[os.path.basename(os.path.dirname(path)).rpartition("_")[2]] = rows
        return found

    def command(self, *arguments, timeout=60):
        """Runs an operator's command on this node's host, to its end."""
        try:
            done = subprocess.run(
                ["nsenter", f"--net=/run/netns/{self.host}", "--", self.binary, *arguments, "--config",
                 f"{self.name}.yaml"], cwd=HOME, capture_output=True, text=True, timeout=timeout,
                stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return None, "it did not end"
        return done.returncode, done.stdout + done.stderr

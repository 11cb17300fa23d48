"""Three PostgreSQL servers under Patroni, with one etcd that never fails: what it decides is not under test here."""
import base64
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request

from world import ROOT

BINARIES = "/usr/lib/postgresql/15/bin"
DATABASES = ["db1", "db2", "db3"]
# So long may a leader be silent before another takes over, in seconds; a busy machine is silent for two or three at times.
LEASE = 9

CONFIGURATION = """
scope: chaos
name: {name}
restapi: {{ listen: '{address}:8008', connect_address: '{address}:8008' }}
etcd3: {{ host: '{etcd}:2379' }}
bootstrap:
  dcs:
    ttl: {lease}
    loop_wait: 2
    retry_timeout: 3
    maximum_lag_on_failover: 1073741824
    master_start_timeout: 0
    synchronous_mode: true
    synchronous_mode_strict: true
    postgresql:
      use_pg_rewind: true
      parameters:
        wal_log_hints: 'on'
        wal_keep_size: 256MB
        max_wal_size: 256MB
        shared_buffers: 32MB
        max_connections: 80
        max_wal_senders: 8
        wal_sender_timeout: 5s
        wal_receiver_timeout: 5s
        log_connections: 'off'
        timezone: UTC
        log_timezone: UTC
  initdb: [encoding: UTF8, locale: C, no-sync]
postgresql:
  listen: '127.0.0.1,{address}:5432'
  connect_address: '{address}:5432'
  data_dir: {root}/{name}/data
  bin_dir: {binaries}
  pgpass: {root}/{name}/pgpass
  basebackup: [checkpoint: fast]
  remove_data_directory_on_rewind_failure: true
  remove_data_directory_on_diverged_timelines: true
  authentication:
    superuser: {{ username: postgres, password: none }}
    replication: {{ username: replicator, password: none }}
  parameters:
    unix_socket_directories: {root}/{name}
    ssl: 'on'
    ssl_cert_file: {root}/tls/server.pem
    ssl_key_file: {root}/tls/server.key
  pg_hba:
    - local all all trust
    - host all all 127.0.0.1/32 trust
    - host all all 10.77.0.0/24 trust
    - host replication all 127.0.0.1/32 trust
    - host replication all 10.77.0.0/24 trust
"""


# Between runners and each server, in transaction mode: no session outlives a transaction.
POOLER = """
[databases]
rollcall = host=127.0.0.1 port=5432 dbname=rollcall user=rollcall
[pgbouncer]
listen_addr = {address}
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 20
server_login_retry = 1
server_connect_timeout = 2
ignore_startup_parameters = extra_float_digits
client_tls_sslmode = require
client_tls_cert_file = {root}/tls/server.pem
client_tls_key_file = {root}/tls/server.key
"""
POOLER_PORT = 6432


class Cluster:
    def __init__(self, world, pools=False):
        self.world = world
        self.pools = pools
        self.address = {name: world.addresses[name] for name in DATABASES}
        self.etcd = world.addresses["etcd"]
        # The latest timeline of any primary that was seen.
        self.latest = 0

    def prepare(self):
        """Makes certificates, folders and settings, and starts all of it."""
        self._make_certificates()
        for name in DATABASES:
            folder = f"{ROOT}/{name}"
            os.mkdir(folder, 0o700)
            with open(f"{folder}/patroni.yml", "w") as file:
                file.write(CONFIGURATION.format(
                    name=name, address=self.address[name], etcd=self.etcd, lease=LEASE, root=ROOT, binaries=BINARIES))
            with open(f"{folder}/pgbouncer.ini", "w") as file:
                file.write(POOLER.format(address=self.address[name], port=POOLER_PORT, root=ROOT))
            subprocess.run(["chown", "-R", "postgres:postgres", folder], check=True)
        os.mkdir(f"{ROOT}/etcd")
        peer = f"http://{self.etcd}:2380"
        self.world.start("etcd", "etcd", [
            "etcd", "--name", "etcd", "--data-dir", f"{ROOT}/etcd", "--log-level", "warn",
            "--listen-client-urls", f"http://{self.etcd}:2379", "--advertise-client-urls", f"http://{self.etcd}:2379",
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"etcd={peer}"])
        for name in DATABASES:
            self.start(name)

    def _make_certificates(self):
        folder = f"{ROOT}/tls"
        os.mkdir(folder, 0o755)
        names = ",".join(f"IP:{address}" for address in self.address.values())
        with open(f"{folder}/names", "w") as file:
            file.write(f"subjectAltName={names}\n")

        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], check=True, cwd=folder, capture_output=True)

        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=chaos")
        openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", "names", "-out", "server.pem")
        shutil.chown(f"{folder}/server.key", "postgres", "postgres")

    def start(self, name):
        self.world.start(name, name, ["patroni", f"{ROOT}/{name}/patroni.yml"], user="postgres")
        if self.pools:
            self.world.start(name, f"{name}-pooler", ["pgbouncer", f"{ROOT}/{name}/pgbouncer.ini"], user="postgres")

    def ask(self, name, path, body=None, method=None, timeout=1.5):
        """What a server's Patroni answers, as status and value; None where it says nothing."""
        request = urllib.request.Request(
            f"http://{self.address[name]}:8008{path}", json.dumps(body).encode() if body is not None else None,
            {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, self._value(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, self._value(error.read())
        except OSError:
            return None

    @staticmethod
    def _value(text):
        try:
            return json.loads(text)
        except ValueError:
            return None

    def leader(self, besides=()):
        """The server that says it is primary, or None."""
        for name in DATABASES:
            if name not in besides and self.world.pids(name):
                answer = self.ask(name, "/primary")
                if answer and answer[0] == 200:
                    self.latest = max(self.latest, (answer[1] or {}).get("timeline", 0))
                    return name
        return None

    def timeline(self, name):
        """A primary's timeline; 0 where it does not say."""
        answer = self.ask(name, "/primary")
        return (answer[1] or {}).get("timeline", 0) if answer and answer[0] == 200 else 0

    def standbys(self, leader):
        """The names of those that follow a primary, whom its commits wait for first."""
        rows = self.rows(
            leader, "SELECT application_name FROM pg_stat_replication WHERE state = 'streaming' "
            "ORDER BY sync_state NOT IN ('sync', 'quorum'), 1", database="postgres")
        return [row[0] for row in rows or []]

    def give_lead(self, name):
        """Has a server lead for the moment, whoever does, as where its Patroni took the lead back without asking."""
        def post(path, body):
            request = urllib.request.Request(
                f"http://{self.etcd}:2379/v3/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.loads(answer.read())

        def text(value):
            return base64.b64encode(value.encode()).decode()

        lease = post("lease/grant", {"TTL": LEASE})["ID"]
        post("kv/put", {"key": text("/service/chaos/leader"), "value": text(name), "lease": lease})

    def members(self):
        """Roles and states as the leader has them."""
        leader = self.leader()
        answer = leader and self.ask(leader, "/cluster")
        return {m["name"]: (m["role"], m["state"]) for m in answer[1]["members"]} if answer and answer[1] else {}

    def is_whole(self):
        """Whether one server leads and the two others follow it, streaming."""
        leader = self.leader()
        if leader is None:
            return False
        rows = self.rows(leader, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'", database="postgres")
        return rows == [["2"]]

    def copy_anew(self):
        """Has each standby that does not stream copied from the primary again; their names."""
        leader = self.leader()
        rows = leader and self.rows(
            leader, "SELECT application_name FROM pg_stat_replication WHERE state = 'streaming'", database="postgres")
        behind = [name for name in DATABASES if rows is not None and name != leader and [name] not in rows]
        for name in behind:
            self.ask(name, "/reinitialize", {"force": True}, "POST", timeout=5)
        return behind

    def is_synchronous(self, leader):
        """Whether commits wait for a standby, and Patroni would promote it; None in between, and where nobody says."""
        rows = self.rows(
            leader, "SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')", database="postgres")
        members = self.members()
        if rows is None or not members:
            return None
        awaits, knows = rows[0][0] != "0", any(role == "sync_standby" for role, _ in members.values())
        return awaits if awaits == knows else None

    def set_synchronous(self, leader, value):
        body = {"synchronous_mode": value, "synchronous_mode_strict": value}
        return self.ask(leader, "/config", body, "PATCH", timeout=3)

    def switch_over(self, leader, to):
        return self.ask(leader, "/switchover", {"leader": leader, "candidate": to}, timeout=30)

    def rows(self, name, sql, database="rollcall", timeout=8):
        """The rows that a server's database answers, as text; None where it does not."""
        where = f"host={self.address[name]} user=postgres dbname={database} connect_timeout=2"
        try:
            done = subprocess.run(
                [f"{BINARIES}/psql", "-X", "-A", "-t", "-q", "-F", "\t", "-d", where, "-c", sql], capture_output=True, text=True,
                timeout=timeout)
        except subprocess.TimeoutExpired:
            return None
        if done.returncode != 0:
            return None
        return [line.split("\t") for line in done.stdout.splitlines()]

    def make_database(self):
        leader = self.leader()
        for sql in ("CREATE ROLE rollcall LOGIN", "CREATE DATABASE rollcall OWNER rollcall"):
            if self.rows(leader, sql, database="postgres", timeout=30) is None:
                raise RuntimeError("the database can't be made")

    @property
    def url(self):
        hosts = ",".join(f"{address}:{POOLER_PORT if self.pools else 5432}" for address in self.address.values())
        return f"postgresql://rollcall@{hosts}/rollcall?sslmode=verify-full&sslrootcert={ROOT}/tls/ca.pem"

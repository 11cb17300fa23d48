"""A network switch in user space: each host has a TUN device whose packets it passes on, delays or drops by rules.

Started by world.py as root, with the hosts as JSON in its first argument: [{"name", "address", "namespace" or null}]. Each
line of its input is a set of rules in place of the former one, {"cut": [[a, b], …], "delay": [[a, b, seconds], …]}, each
for packets from address a to address b; "ok" answers when it is in force.
"""
import fcntl
import heapq
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
MTU = 16_000


def plug(number, host):
    """Makes a host's device, moves it into its namespace, and returns the descriptor of our end."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    name = f"tun{number}"
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    inside = []
    if host["namespace"]:
        subprocess.run(["ip", "link", "set", name, "netns", host["namespace"]], check=True)
        inside = ["nsenter", f"--net=/run/netns/{host['namespace']}", "--"]
    for command in (
        ["ip", "link", "set", "lo", "up"],
        ["ip", "link", "set", name, "mtu", str(MTU), "txqueuelen", "5000"],
        ["ip", "address", "add", f"{host['address']}/24", "dev", name],
        ["ip", "link", "set", name, "up"],
    ):
        subprocess.run(inside + command, check=True)
    return descriptor


class Switch:
    def __init__(self, hosts):
        self.devices = {socket.inet_aton(host["address"]): plug(n, host) for n, host in enumerate(hosts)}
        self.cut, self.delay = set(), {}
        self.waiting, self.count = [], 0

    def obey(self, text):
        rules = json.loads(text)
        self.cut = {socket.inet_aton(a) + socket.inet_aton(b) for a, b in rules["cut"]}
        self.delay = {socket.inet_aton(a) + socket.inet_aton(b): s for a, b, s in rules["delay"]}

    def take(self, packet):
        """Passes a packet on, now or later. IPv4: source and destination are its bytes 12 to 19."""
        if len(packet) < 20 or packet[0] >> 4 != 4:
            return
        way = packet[12:20]
        if way in self.cut:
            return
        delay = self.delay.get(way)
        if delay:
            self.count += 1
            heapq.heappush(self.waiting, (time.monotonic() + delay, self.count, packet))
        else:
            self.pass_on(packet)

    def pass_on(self, packet):
        device = self.devices.get(packet[16:20])
        # What was cut meanwhile does not arrive.
        if device is None or packet[12:20] in self.cut:
            return
        try:
            os.write(device, packet)
        except OSError:
            pass  # A full queue drops, as any switch's does.

    def run(self):
        poll = select.epoll()
        for device in self.devices.values():
            poll.register(device, select.EPOLLIN)
        poll.register(0, select.EPOLLIN)
        print("ok", flush=True)
        while True:
            pause = max(0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            for descriptor, _ in poll.poll(pause):
                if descriptor == 0:
                    line = sys.stdin.readline()
                    if not line:
                        return
                    self.obey(line)
                    print("ok", flush=True)
                    continue
                try:
                    for _ in range(64):
                        self.take(os.read(descriptor, 65_536))
                except BlockingIOError:
                    pass
            now = time.monotonic()
            while self.waiting and self.waiting[0][0] <= now:
                self.pass_on(heapq.heappop(self.waiting)[2])


if __name__ == "__main__":
    Switch(json.loads(sys.argv[1])).run()

#!/usr/bin/env python3
"""Writes the bill of materials of the package (CycloneDX 1.5, JSON), or the Debian packages that its binary needs.

Usage: sbom.py VERSION EPOCH BINARY      the bill, in the time of the commit
       sbom.py --depends BINARY          the packages, joined by commas, for the package's Depends

What is compiled in stands in Package.resolved; what the binary loads is asked of the binary and of dpkg.
"""
import datetime
import json
import os
import re
import subprocess
import sys
import uuid


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def libraries(binary):
    """The names of the libraries that a binary loads itself."""
    return sorted(set(re.findall(r"NEEDED\s+(\S+)", output("objdump", "-p", binary))))


def packages(binary):
    """The Debian packages of these libraries, each with its version here."""
    found = {}
    for name in libraries(binary):
        # dpkg knows a library by the folder it was packed in, which may be either.
        for folder in ("/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/lib64"):
            told = subprocess.run(["dpkg", "-S", f"{folder}/{name}"], capture_output=True, text=True)
            if told.returncode == 0:
                package = told.stdout.split(":")[0]
                found[package] = output("dpkg-query", "-W", "-f=${Version}", package).strip()
                break
        else:
            sys.exit(f"no package has {name}")
    return dict(sorted(found.items()))


def compiled_in():
    """The Swift packages that are compiled in, from the pins of the build."""
    with open("Package.resolved", encoding="utf-8") as file:
        pins = json.load(file)["pins"]
    for pin in sorted(pins, key=lambda pin: pin["identity"]):
        location = pin["location"].removesuffix(".git")
        version = pin["state"].get("version", pin["state"]["revision"])
        path = location.removeprefix("https://")
        yield {
            "type": "library", "name": pin["identity"], "version": version,
            "bom-ref": f"pkg:swift/{path}@{version}", "purl": f"pkg:swift/{path}@{version}",
            "externalReferences": [{"type": "vcs", "url": location}],
            "properties": [{"name": "commit", "value": pin["state"]["revision"]}],
        }


def debian(binary):
    for name, version in packages(binary).items():
        purl = f"pkg:deb/debian/{name}@{version}?arch=amd64&distro=debian-12"
        yield {"type": "library", "name": name, "version": version, "bom-ref": purl, "purl": purl}


def bill(version, epoch, binary):
    time = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc)
    swift = output(os.environ.get("SWIFT", "swift"), "--version").splitlines()[0]
    runtime = re.search(r"Swift version (\S+)", swift).group(1)
    main = {"type": "application", "name": "rollcall", "version": version, "bom-ref": f"rollcall@{version}"}
    parts = list(compiled_in()) + list(debian(binary))
    parts.append({"type": "library", "name": "swift-runtime", "version": runtime, "bom-ref": f"swift-runtime@{runtime}"})
    identity = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([main, parts], sort_keys=True))
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": f"urn:uuid:{identity}", "version": 1,
        "metadata": {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": main},
        "components": parts,
        "dependencies": [{"ref": main["bom-ref"], "dependsOn": sorted(part["bom-ref"] for part in parts)}],
    }


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--depends":
        print(", ".join(packages(sys.argv[2])))
    elif len(sys.argv) == 4:
        print(json.dumps(bill(*sys.argv[1:]), indent=2))
    else:
        sys.exit(__doc__)

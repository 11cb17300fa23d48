#!/usr/bin/env python3
"""Plants faults in the deciding code, one at a time, and counts how many the fast tests catch.

    mutants.py [--seed N] [--count N] [--minutes N] [--only NUMBER,...]

All sampled faults are compiled at once into a copy of the sources in .build-mutants, each behind a switch that an environment
variable turns on (a schema of mutants), so that one build serves them all; a fault that does not compile is left out. Each is
then tried with the tests of its module and of those that use it. Prints the catch rate and every survivor with its line, and
keeps what has been tried in .build-mutants/tried.json: run again with the same seed it goes on there.
"""
import argparse, json, os, random, re, shutil, subprocess, sys, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COPY = os.path.join(ROOT, ".build-mutants", "tree")
TRIED = os.path.join(ROOT, ".build-mutants", "tried.json")

# Folders of deciding code, and the suites that are to notice a fault in them.
SUITES = {
    "Sources/RecordStore": "RecordStoreTests|JobRunnerTests|MigrationsTests",
    "Sources/JobRunner": "JobRunnerTests|SimulationTests",
    "Sources/DropFolder": "DropFolderTests|OperationsTests",
    "Sources/Operations/Money": "OperationsTests",
    "Sources/JOSE": "JOSETests|OpenSSLTests",
    "Sources/OpenSSL/Ciphers": "OpenSSLTests|JOSETests",
    "Sources/HTTPTransport": "HTTPTransportTests|IdentityInsightsClientTests",
    "Sources/Schedules": "SchedulesTests|SimulationTests",
}

SWITCH = '''import Foundation

/// Which planted fault is on.
enum Mutant {
    static let active = ProcessInfo.processInfo.environment["MUTANT"].flatMap { Int($0) }

    static func on(_ number: Int) -> Bool { active == number }

    static func more<Number: AdditiveArithmetic & ExpressibleByIntegerLiteral>(_ number: Int, _ value: Number) -> Number {
        on(number) ? value + 1 : value
    }
}
'''


def closing(text, start):
    """The place behind the parenthesis that closes the one at start; None where it is not in this line."""
    depth = 0
    for place in range(start, len(text)):
        if text[place] in "([{": depth += 1
        if text[place] in ")]}":
            depth -= 1
            if depth == 0: return place + 1
    return None


def faults(line):
    """The faults that can be planted in a line: (kind, the line with '@' in the place of the fault's number)."""
    code, indent = line.strip(), line[: len(line) - len(line.lstrip())]
    found = []
    if code.startswith(("//", "///", "import", "case ", "@", "private let", "let ", "static let", "#", '"')):
        if code.startswith(("let ", "private let", "static let")): pass
        elif not code.startswith("case "): return []
    for word, tail in (("if", " {"), ("guard", " else {")):
        match = re.match(rf"{word} (?!let|case|var|#)([^{{}}]*?){re.escape(tail)}(.*)$", code)
        if match and "," not in match[1] and " let " not in match[1] and match[1].count("(") == match[1].count(")"):
            found.append(("negated", f"{indent}{word} Mutant.on(@) != ({match[1]}){tail}{match[2]}"))
    if re.match(r"(try )?(await )?[a-z]\w*(\.\w+)*\((.*)\)$", code) and closing(code, code.index("(")) == len(code) \
            and not code.startswith(("return", "precondition", "self.init", "super", "deinit", "init")):
        found.append(("dropped", f"{indent}if !Mutant.on(@) {{ {code} }}"))
    if re.match(r"[a-z]\w*(\.\w+)* [+\-]?= [^{}]*$", code) and not code.endswith((",", "(", "=", "?")) \
            and code.count("(") == code.count(")") and "==" not in code:
        if "+=" in code or "-=" in code: found.append(("dropped", f"{indent}if !Mutant.on(@) {{ {code} }}"))
    for match in re.finditer(r"(?<=[<>=+\-] )(\d+)(?![\w.])", line):
        if not in_string(line, match.start()):
            found.append(("off by one", f"{line[:match.start()]}Mutant.more(@, {match[1]}){line[match.end():]}"))
    for one, other in (("max(", "min("), ("min(", "max(")):
        for match in re.finditer(rf"(?<![\w.]){re.escape(one)}", line):
            end = closing(line, match.end() - 1)
            if end and not in_string(line, match.start()):
                inner = line[match.end():end - 1]
                found.append(
                    ("swapped", f"{line[:match.start()]}(Mutant.on(@) ? {other}{inner}) : {one}{inner})){line[end:]}"))
    for value in ("true", "false"):
        match = re.search(rf"return {value}(?!\w)", line)
        if match:
            flag = "!Mutant.on(@)" if value == "true" else "Mutant.on(@)"
            found.append(("returned", f"{line[:match.start()]}return {flag}{line[match.end():]}"))
    return found


def in_string(line, place):
    return line[:place].count('"') % 2 == 1


# Inside SQL a fault is chosen by interpolation.
SQL = [(r" <= (?=\?)", " <= ", " < "), (r" > (?=\?)", " > ", " >= "), (r" AND ", " AND ", " OR "),
       (r" IS NULL", " IS NULL", " IS NOT NULL"), (r" \+ 1", " + 1", " + 2"), (r"LIMIT 1\b", "LIMIT 1", "LIMIT 2")]


def sql_faults(line):
    found = []
    for pattern, old, new in SQL:
        for match in re.finditer(pattern, line):
            choice = f'\\(Mutant.on(@) ? "{new}" : "{old}")'
            found.append(("SQL", line[: match.start()] + choice + line[match.end():]))
    return found


def candidates():
    """Every fault that may be planted: (file, line number, kind, text)."""
    found = []
    for folder in SUITES:
        for path, _, names in os.walk(os.path.join(ROOT, folder)):
            for name in sorted(names):
                if not name.endswith(".swift"): continue
                file = os.path.relpath(os.path.join(path, name), ROOT)
                in_text = False
                with open(os.path.join(ROOT, file)) as source:
                    for number, line in enumerate(source.read().split("\n")):
                        quotes = line.count('"""')
                        if in_text and not quotes and re.search(r"\b(SELECT|WHERE|AND|UPDATE|FROM|SET)\b", line):
                            found += [(file, number, kind, text) for kind, text in sql_faults(line)]
                        elif not in_text and not quotes:
                            found += [(file, number, kind, text) for kind, text in faults(line)]
                        if quotes % 2: in_text = not in_text
    return sorted(found)


def copy():
    """Makes the copy as the sources are now, without the faults of an earlier run."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for file in subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines():
        source, target = os.path.join(ROOT, file), os.path.join(COPY, file)
        if not os.path.exists(source): continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(source, "rb") as one: wanted = one.read()
        if os.path.exists(target):
            with open(target, "rb") as other:
                if other.read() == wanted: continue
        shutil.copy(source, target)
    # What the package depends on need not be found out and fetched again.
    if os.path.exists(os.path.join(ROOT, "Package.resolved")):
        shutil.copy(os.path.join(ROOT, "Package.resolved"), os.path.join(COPY, "Package.resolved"))
    os.makedirs(os.path.join(COPY, ".build"), exist_ok=True)
    for kept in ("checkouts", "repositories", "artifacts", "workspace-state.json"):
        source, target = os.path.join(ROOT, ".build", kept), os.path.join(COPY, ".build", kept)
        if os.path.exists(source) and not os.path.exists(target):
            subprocess.run(["cp", "-a", source, target], check=True)


def plant(mutants):
    """Writes the copy's sources with every fault behind its switch; the file and line of each."""
    for folder in {file.split("/")[1] for file, *_ in mutants.values()}:
        with open(os.path.join(COPY, "Sources", folder, "Mutant.swift"), "w") as file: file.write(SWITCH)
    for file in {file for file, *_ in mutants.values()}:
        with open(os.path.join(ROOT, file)) as source: lines = source.read().split("\n")
        for number, (where, line, _, text) in mutants.items():
            if where == file: lines[line] = text.replace("@", str(number))
        with open(os.path.join(COPY, file), "w") as target: target.write("\n".join(lines))


def build(mutants):
    """Builds the copy, leaving out what does not compile."""
    command = os.environ.get("MUTANTS_BUILD", "swift build --build-tests").split()
    for _ in range(8):
        plant(mutants)
        done = subprocess.run(command, cwd=COPY, capture_output=True, text=True)
        if done.returncode == 0: return
        places = set(re.findall(r"tree/(Sources/\S+?\.swift):(\d+):\d+: (?:error|warning)", done.stdout + done.stderr))
        wrong = [n for n, (file, line, *_) in mutants.items() if (file, str(line + 1)) in places]
        if not wrong: sys.exit("mutants: the copy does not build\n" + (done.stdout + done.stderr)[-3000:])
        print(f"{len(wrong)} faults do not compile and are left out", flush=True)
        for number in wrong:
            file = mutants.pop(number)[0]
            if not any(other[0] == file for other in mutants.values()):
                shutil.copy(os.path.join(ROOT, file), os.path.join(COPY, file))
    sys.exit("mutants: too many faults do not compile")


def attempt(number, file, limit):
    """Whether the fast tests catch a fault: 'caught', 'hangs', 'crashes', or 'SURVIVES'."""
    suites = next(suites for folder, suites in SUITES.items() if file.startswith(folder))
    bundle = os.path.join(COPY, ".build", "debug", "rollcallPackageTests.xctest")
    command = ["nice", "-n", "19", bundle, "--testing-library", "swift-testing", "--filter", f"^({suites})\\."]
    environment = dict(os.environ, MUTANT=str(number), SWIFT_BACKTRACE="enable=no")
    try:
        done = subprocess.run(command, cwd=COPY, env=environment, capture_output=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return "hangs"
    return "SURVIVES" if done.returncode == 0 else "crashes" if done.returncode < 0 else "caught"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--limit", type=float, default=240, help="seconds for one fault's tests")
    parser.add_argument("--only", default="", help="numbers of faults")
    options = parser.parse_args()
    pool = candidates()
    # More than are wanted, for some do not compile.
    sample = random.Random(options.seed).sample(pool, min(len(pool), options.count * 2))
    taken, mutants = set(), {}
    for fault in sample:
        if fault[:2] not in taken:
            taken.add(fault[:2])
            mutants[len(mutants) + 1] = fault
    copy()
    print(f"{len(pool)} faults can be planted; {len(mutants)} are sampled with seed {options.seed}", flush=True)
    build(mutants)
    tried = {}
    if os.path.exists(TRIED):
        with open(TRIED) as file: tried = json.load(file)
    known = tried.setdefault(str(options.seed), {})
    end, only = time.time() + options.minutes * 60, {n for n in options.only.split(",") if n}
    for number, (file, line, kind, text) in list(mutants.items())[: options.count]:
        key = f"{file}:{line + 1} {kind}"
        if only and str(number) not in only: continue
        if key in known and not only: continue
        if time.time() > end: break
        known[key] = attempt(number, file, options.limit)
        with open(TRIED, "w") as kept: json.dump(tried, kept, indent=1)
        print(f"{number} {known[key]}: {key}: {text.strip().replace('@', '')}", flush=True)
    caught = sum(1 for result in known.values() if result != "SURVIVES")
    print(f"{caught} of {len(known)} caught")
    for key, result in known.items():
        if result == "SURVIVES": print("survives:", key)


main()

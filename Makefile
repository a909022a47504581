# Two commands do everything on a fresh Debian 12: `make demo` and `make check`. Plain `make` builds build/neuroalg.
BUILD ?= build
JOBS  ?= $(shell nproc)
CTEST  = ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS)
MAKEFLAGS += --no-print-directory

.PHONY: all bootstrap configure build demo check check-full bench install clean help
all: build

help:
	@echo "make             build $(BUILD)/neuroalg"
	@echo "make demo        build, answer one question, write report.html"
	@echo "make check       build and test (minutes)"
	@echo "make check-full  the same with the slow tests and a browser"
	@echo "make bench       time the hot paths against their yardsticks"
	@echo "make install     install below CMAKE_INSTALL_PREFIX, /usr/local unless configured otherwise"

bootstrap:
	@tools/bootstrap

configure: bootstrap
	@cmake -S . -B $(BUILD) $(if $(CI),-DNEUROALG_WERROR=ON)

build: configure
	@cmake --build $(BUILD) -j $(JOBS)

demo: build
	$(BUILD)/neuroalg dim mlp 4-5-5-5-1 x^2
	$(BUILD)/neuroalg report mlp 4-5-5-5-1 x^2 -o report.html
	@echo "The report of this example is $(CURDIR)/report.html: open it in a browser."

check: build
	$(CTEST) -LE full

check-full: build
	@tools/bootstrap --full
	$(CTEST)

bench:
	@tools/bootstrap --bench
	@$(MAKE) configure
	@cmake -S . -B $(BUILD) -DNEUROALG_BENCH=ON
	@cmake --build $(BUILD) -j $(JOBS)
	bench/run $(BUILD)

install: build
	cmake --install $(BUILD)

clean:
	rm -rf $(BUILD) build-*

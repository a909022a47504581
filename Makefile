# Two commands do everything on a fresh Debian 12: `make demo` and `make check`.
BUILD ?= build
JOBS  ?= $(shell nproc)

.PHONY: all bootstrap configure build demo check check-full bench clean install
all: build

bootstrap:
	@tools/bootstrap

$(BUILD)/CMakeCache.txt:
	@tools/bootstrap
	cmake -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=Release -DNEUROALG_WERROR=$(if $(CI),ON,OFF)

build: $(BUILD)/CMakeCache.txt
	cmake --build $(BUILD) -j $(JOBS)

demo: build
	$(BUILD)/neuroalg dim mlp 4-5-5-5-1 x^2
	$(BUILD)/neuroalg report mlp 4-5-5-5-1 x^2 -o report.html
	@echo "The report of this example is in $$(pwd)/report.html: open it in a browser."

check: build
	ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS) -LE full

check-full: build
	@tools/bootstrap --full
	ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS)

bench: bootstrap
	@tools/bootstrap --bench
	cmake -S . -B $(BUILD) -DNEUROALG_BENCH=ON
	cmake --build $(BUILD) -j $(JOBS)
	bench/run $(BUILD)

install: build
	cmake --install $(BUILD)

clean:
	rm -rf $(BUILD) build-*

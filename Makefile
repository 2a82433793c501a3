# SPDX-License-Identifier: Apache-2.0
# chanscope: `make help` lists the targets. V=1 shows the commands, SAN=address,undefined builds with
# sanitizers (into a directory of its own), CC=clang uses clang, STATIC=1 links statically.

SHELL := /bin/bash
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
PROTOC_C ?= protoc-c
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
AR ?= ar
PKG_CONFIG ?= pkg-config

comma := ,
empty :=
space := $(empty) $(empty)
O ?= build$(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(filter clang%,$(notdir $(CC))),-clang)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)';)

VERSION := 0.1.0
ARCH := $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual \
	-Wwrite-strings -Wvla -Wformat=2 -Wundef -Wno-format-truncation -Wno-unknown-warning-option
LIBS_PURE := libelf libdw capstone jansson zlib libzstd libprotobuf-c
LIBS_FULL := libbpf $(LIBS_PURE)

CPPFLAGS += -D_GNU_SOURCE -DCHANSCOPE_VERSION='"$(VERSION)"' -Iinclude -Iuser -isystem $(O)/gen \
	$(shell $(PKG_CONFIG) --cflags $(LIBS_FULL))
CFLAGS ?= -O2 -g
CFLAGS += -std=gnu11 $(WARN) -fno-omit-frame-pointer $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all)
LDFLAGS += $(if $(SAN),-fsanitize=$(SAN)) $(if $(STATIC),-static)
LDLIBS_PURE := $(shell $(PKG_CONFIG) $(if $(STATIC),--static) --libs $(LIBS_PURE)) -lm -lpthread
LDLIBS_FULL := $(shell $(PKG_CONFIG) $(if $(STATIC),--static) --libs $(LIBS_FULL)) -lm -lpthread

# <asm/types.h> lies in the multiarch folder, where clang does not look for another target's sake
BPF_CC := $(CLANG) -target bpf -D__TARGET_ARCH_$(ARCH) -g -O2 -mcpu=v3 -Wall -Wextra -Iinclude -Ivmlinux \
	$(addprefix -I,$(wildcard /usr/include/$(shell uname -m)-linux-gnu))

# Folders that link without libbpf are tested without root.
PURE_DIRS := base gobin sym rec model detect sink
FULL_DIRS := proc attach stream tui cli
PURE_SRCS := $(wildcard $(PURE_DIRS:%=user/%/*.c))
FULL_SRCS := $(wildcard $(FULL_DIRS:%=user/%/*.c))
PROTO_SRCS := $(wildcard user/sink/*.proto)
PROTO_HEADERS := $(PROTO_SRCS:%.proto=$(O)/gen/%.pb-c.h)
PROTO_OBJS := $(PROTO_HEADERS:.h=.o)
PURE_OBJS := $(PURE_SRCS:%.c=$(O)/%.o)
FULL_OBJS := $(FULL_SRCS:%.c=$(O)/%.o)
# everything but main, for the tests
TESTABLE_OBJS := $(filter-out $(O)/user/cli/main.o,$(FULL_OBJS))

BPF_SRCS := $(wildcard bpf/*.bpf.c)
BPF_OBJS := $(BPF_SRCS:%.bpf.c=$(O)/%.bpf.o)
SKELS := $(BPF_SRCS:bpf/%.bpf.c=$(O)/gen/%.skel.h)

UNIT_SRCS := $(wildcard tests/unit/test_*.c)
UNIT_BINS := $(UNIT_SRCS:%.c=$(O)/%)

.PHONY: all
all: $(O)/chanscope ## build chanscope (the default)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(O)/chanscope: $(FULL_OBJS) $(O)/libpure.a
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(FULL_OBJS) $(O)/libpure.a $(LDLIBS_FULL)

$(O)/libpure.a: $(PURE_OBJS) $(PROTO_OBJS)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(O)/libtestable.a: $(TESTABLE_OBJS)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

# What the assembler reads (.incbin) the compiler does not know of.
$(O)/user/sink/flame_assets.o: user/sink/flame.css user/sink/flame.js

.PHONY: generated
generated: $(SKELS) $(PROTO_HEADERS) # what static analysis must have before it can read the sources

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Only attach sees the skeletons. They come in as system headers, which -MMD leaves out: so a true prerequisite,
# or a stale BPF object would go on being embedded.
$(filter $(O)/user/attach/%,$(FULL_OBJS)): $(SKELS)

# The same holds for sink and the messages of its formats.
$(filter $(O)/user/sink/%,$(PURE_OBJS)): $(PROTO_HEADERS)

$(O)/gen/%.pb-c.h: %.proto
	@mkdir -p $(@D)
	$(call say,PROTO,$@)$(PROTOC_C) --proto_path=. --c_out=$(O)/gen $<

# not our code: no warnings
$(O)/gen/%.pb-c.o: $(O)/gen/%.pb-c.h
	$(call say,CC,$@)$(CC) $(CPPFLAGS) $(CFLAGS) -w -c -o $@ $(@:.o=.c)

$(O)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$@)$(BPF_CC) -Werror -MMD -MP -c -o $@ $<

$(O)/gen/%.skel.h: $(O)/bpf/%.bpf.o
	@mkdir -p $(@D)
	$(call say,SKEL,$@)$(BPFTOOL) gen skeleton $< name $(subst -,_,$*)_bpf > $@

# --- tests ---

$(O)/tests/unit/%: tests/unit/%.c $(O)/libtestable.a $(O)/libpure.a
	@mkdir -p $(@D)
	$(call say,CCLD,$@)$(CC) $(CPPFLAGS) -Itests $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< \
		$(O)/libtestable.a $(O)/libpure.a -lcmocka $(LDLIBS_FULL)

# This one makes allocations fail.
$(O)/tests/unit/test_world_memory: LDFLAGS += $(foreach f,malloc calloc realloc strdup,-Wl$(comma)--wrap=$(f))

$(O)/tests/bench/%: tests/bench/%.c $(O)/libpure.a
	@mkdir -p $(@D)
	$(call say,CCLD,$@)$(CC) $(CPPFLAGS) -Itests $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(O)/libpure.a \
		$(LDLIBS_PURE)

$(O)/tests/bench/floor: tests/bench/floor.c $(O)/libtestable.a $(O)/libpure.a
	@mkdir -p $(@D)
	$(call say,CCLD,$@)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(O)/libtestable.a $(O)/libpure.a \
		$(LDLIBS_FULL)

.PHONY: bench-floor
bench-floor: $(O)/tests/bench/floor ## what one hit of a probe costs on this machine: as root
	$(Q)$<

.PHONY: bench
bench: $(O)/chanscope $(O)/tests/bench/floor ## what tracing costs: as root; BENCH=--help tells options
	$(Q)O=$(abspath $(O)) tests/bench/bench.py $(BENCH)

.PHONY: bench-model
bench-model: $(O)/tests/bench/bench_world ## how many events a second the model takes
	$(Q)$<

.PHONY: bench-rec
bench-rec: $(O)/tests/bench/bench_rec ## what recording costs, and how fast a recording is read
	$(Q)$<

# Fuzzing has a build of its own. FUZZ_TIME: seconds; what it finds stays in the corpus below $(O), to be merged into
# tests/fuzz/corpus by `make fuzz-rec-merge`.
FUZZ_TIME ?= 60
FUZZ_O := $(O)-fuzz
FUZZ_MAKE = $(MAKE) --no-print-directory O=$(FUZZ_O) CC=clang SAN=fuzzer-no-link,address,undefined

$(O)/tests/fuzz/%: tests/fuzz/%.c $(O)/libtestable.a $(O)/libpure.a
	@mkdir -p $(@D)
	$(call say,CCLD,$@)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -fsanitize=fuzzer -o $@ $< \
		$(O)/libtestable.a $(O)/libpure.a $(LDLIBS_FULL)

.PHONY: fuzz-rec
fuzz-rec: ## fuzz the reader of recordings for FUZZ_TIME seconds
	$(Q)$(FUZZ_MAKE) $(FUZZ_O)/tests/fuzz/fuzz_rec
	$(Q)mkdir -p $(FUZZ_O)/corpus/rec
	$(Q)cd $(FUZZ_O) && tests/fuzz/fuzz_rec -max_total_time=$(FUZZ_TIME) -timeout=10 -rss_limit_mb=1024 \
		-max_len=65536 -print_final_stats=1 corpus/rec $(CURDIR)/tests/fuzz/corpus/rec

.PHONY: fuzz-rec-merge
fuzz-rec-merge: # adds what fuzzing has found to the saved corpus, each only if it covers something new
	$(Q)$(FUZZ_O)/tests/fuzz/fuzz_rec -merge=1 tests/fuzz/corpus/rec $(FUZZ_O)/corpus/rec

.PHONY: unit-bins
unit-bins: $(UNIT_BINS)

.PHONY: check
check: unit-bins ## unit tests: no root, a few seconds
	$(Q)O=$(abspath $(O)) tests/lib/tap.py $(UNIT_BINS)

.PHONY: test
test: ## all tests, as root: the same as tests/run
	$(Q)tests/run

.PHONY: lint
lint: ## dependencies between folders, style, static analysis: no root
	$(Q)tests/run lint

# for scripts: `make -s print-CPPFLAGS`
print-%:
	$(info $($*))@:

.PHONY: clean
clean: ## remove what was built
	$(Q)rm -rf build build-*

-include $(PURE_OBJS:.o=.d) $(FULL_OBJS:.o=.d) $(BPF_OBJS:.o=.d) $(UNIT_BINS:=.d) \
	$(wildcard $(O)/tests/bench/*.d $(O)/tests/fuzz/*.d)

# Everything a newcomer, a developer or a continuous-integration job does with Soilscope, by name. `make` lists it.
# Assumes Rust, make and a network; `make setup` brings the rest.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup setup-python wheel test-rust test-python test-exchange notebooks demo demo-site demo-nation demo-exchange data test truth coverage check fmt-check clippy doc layers bench bless agreement non-detects peers bench-peers bench-national
.NOTPARALLEL:

# Where cargo puts things, so that a CARGO_TARGET_DIR of yours is honoured.
TARGET := $(or $(CARGO_TARGET_DIR),target)
SOILSCOPE := $(TARGET)/release/soilscope
OUT := out
# Any from 3.11 on. What Python needs beside itself goes into environments below TARGET, pinned, and nowhere else.
PYTHON := python3
PYTHON_DIR := $(abspath $(TARGET))/python

help: ## this list
	@echo 'make TARGET, where TARGET is one of'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do \
	    printf '  %-13s %s\n' "$$name" "$$text"; done

setup: ## install what this machine lacks (GDAL, PROJ, libclang, a linker); does nothing where all is there
	@sh scripts/setup.sh

setup-python: ## as setup, and Python 3.11 or newer with venv
	@PYTHON=$(PYTHON) sh scripts/setup.sh python

# ---- see it work ----

demo: setup ## a contamination map of the Meuse flood plain from 155 samples, into out/meuse
	cargo build --release --locked -p soilscope-cli
	$(SOILSCOPE) map data/meuse.csv --analyte zinc --unit mg/kg --crs EPSG:28992 --transform log --threshold 500 \
	    --mask data/meuse_area.csv --cell 10 --title 'Zinc in the soil of the Meuse flood plain' -o $(OUT)/meuse --overwrite
	@echo
	@echo 'Look at:'
	@echo '  $(OUT)/meuse/zinc_map.png        the map'
	@echo '  $(OUT)/meuse/zinc_hotspots.gpkg  hotspot polygons, in QGIS or any GIS, over'
	@echo '  $(OUT)/meuse/zinc_*.tif          prediction, its standard deviation, chance of exceeding 500 mg/kg'

demo-site: setup ## a site: four metals of the Meuse, Dutch intervention values corrected for the soil of each cell
	cargo build --release --locked -p soilscope-cli
	@echo; echo '1. Organic matter, which the Dutch limits depend on'
	$(SOILSCOPE) map data/meuse.csv --analyte om --unit % --crs EPSG:28992 --mask data/meuse_area.csv --cell 20 -o $(OUT)/site/soil --overwrite
	@echo; echo '2. What the samples say, and how sure a mean is'
	$(SOILSCOPE) check data/meuse.csv --analyte zinc --unit mg/kg --crs EPSG:28992 --guideline NL/intervention --soil om=om,clay=8
	@echo; echo '3. Four metals, each against the limit of its cell, and together'
	$(SOILSCOPE) map data/meuse.csv --analyte cadmium,copper,lead,zinc --unit mg/kg --crs EPSG:28992 --transform log \
	    --guideline NL/intervention --soil om=$(OUT)/site/soil/om_prediction.tif,clay=8 --mask data/meuse_area.csv --cell 20 \
	    --confidence 0.5 --depth 0.5 --bulk-density 1.3 --treat-cost 60 --leave-cost 200 -o $(OUT)/site/metals --overwrite
	@echo; echo '4. Where to sample next, for the limit of each cell'
	$(SOILSCOPE) map data/meuse.csv --analyte zinc --unit mg/kg --crs EPSG:28992 --transform log \
	    --guideline NL/intervention --soil om=$(OUT)/site/soil/om_prediction.tif,clay=8 --realisations 0 \
	    --mask data/meuse_area.csv --cell 40 -o $(OUT)/site/zinc --overwrite
	$(SOILSCOPE) sample-plan $(OUT)/site/zinc -n 10 -o $(OUT)/site/plan.gpkg -o $(OUT)/site/plan.gpx -o $(OUT)/site/plan.png --overwrite
	@echo
	@echo 'Look at: $(OUT)/site/metals/zinc_map.png, joint_map.png, zinc_curve.png; $(OUT)/site/plan.png'
	@echo 'Clay is taken as 8 % everywhere: the samples do not say it.'

demo-nation: setup ## arsenic, cadmium, lead in the topsoil of the USA, values below limits as such, Dutch and Swedish limits compared; needs SOILSCOPE_DATA or `make data`
	@data=$$(sh scripts/data.sh --find) || { \
	    echo 'demo-nation is skipped: usgs_ds801_top5_metals.csv is in none of $$SOILSCOPE_DATA, ../shared/data, data/usgs.'; \
	    echo 'To get it (public domain, 1.5 MB, from the U.S. Geological Survey): make data'; \
	    exit 0; }; \
	set -e; \
	echo "demo-nation: using $$data"; \
	cargo build --release --locked -p soilscope-cli; \
	where='--x longitude --y latitude --crs EPSG:4326 --unit mg/kg'; \
	set -x; \
	$(SOILSCOPE) check "$$data" $$where --analyte Cd; \
	for analyte in As Cd Pb; do \
	    $(SOILSCOPE) thresholds compare --samples "$$data" --x longitude --y latitude --unit mg/kg --analyte $$analyte \
	        --jurisdiction NL,SE; \
	done; \
	$(SOILSCOPE) map "$$data" $$where --analyte As,Cd,Pb --nondetect censored --out-crs EPSG:5070 --transform log \
	    --guideline NL/background/any,SE/guideline/km --confidence 0.5 --cell 10000 --mask samples:75000 -o $(OUT)/nation/compared --overwrite; \
	set +x; \
	echo; echo 'Look at $(OUT)/nation/compared/Cd_map.png and Cd_compare.csv, Dutch and Swedish limits on one map, values below limits as such;'; \
	echo 'and at joint_map.png, what the three are together under the Dutch limits'

# A secret is made for the demonstration; who publishes keeps one.
demo-exchange: setup ## bundles for other institutions: zinc of the Meuse, and arsenic of the USA where its samples are; made, judged, verified, run again
	cargo build --release --locked -p soilscope-cli
	@echo; echo '1. A map, and the bundle of it: sites displaced by a secret, hotspots, records, styles; judged before it gets its name'
	$(SOILSCOPE) map data/meuse.csv --analyte zinc --unit mg/kg --crs EPSG:28992 --transform log --guideline NL/intervention/any --soil om=10,clay=25 \
	    --mask data/meuse_area.csv --cell 40 -o $(OUT)/handover/meuse --overwrite
	@test -s $(OUT)/handover/secret.key || head -c 32 /dev/urandom > $(OUT)/handover/secret.key
	$(SOILSCOPE) exchange pack $(OUT)/handover/meuse --about data/handover/meuse.toml --samples data/meuse.csv \
	    --defaults data/handover/meuse-samples.toml --blur-key $(OUT)/handover/secret.key -o $(OUT)/handover --overwrite
	@echo; echo '2. As another institution reads it'
	$(SOILSCOPE) exchange check $(OUT)/handover/NLD_GSPolmap_1990_v1.0 --profile insii
	$(SOILSCOPE) verify $(OUT)/handover/NLD_GSPolmap_1990_v1.0
	@echo; echo '3. The run once more, from its record'
	$(SOILSCOPE) replay $(OUT)/handover/meuse
	@data=$$(sh scripts/data.sh --find) || { \
	    echo; echo 'The bundle of the USA is skipped: usgs_ds801_top5_metals.csv is in none of $$SOILSCOPE_DATA, ../shared/data, data/usgs (make data).'; \
	    exit 0; }; \
	echo; echo "4. Arsenic of the conterminous USA, from $$data"; set -ex; \
	$(SOILSCOPE) map "$$data" --x longitude --y latitude --crs EPSG:4326 --unit mg/kg --analyte As --out-crs EPSG:5070 --transform log \
	    --guideline CA/sqg/residential --basis total --confidence 0.5 --cell 4000 --mask samples:75000 -o $(OUT)/handover/usa --overwrite; \
	$(SOILSCOPE) exchange pack $(OUT)/handover/usa --about data/handover/usgs.toml --samples "$$data" --defaults data/handover/usgs-samples.toml \
	    -o $(OUT)/handover --overwrite; \
	$(SOILSCOPE) exchange check $(OUT)/handover/USA_GSPolmap_2011_v1.0 --profile insii; \
	$(SOILSCOPE) verify $(OUT)/handover/USA_GSPolmap_2011_v1.0
	@echo; echo 'Look at $(OUT)/handover/*/README.txt and qa/report.html; open rasters/, vector/ and styles/ in QGIS'

data: ## download USGS Data Series 801 from its publisher, check its sum, convert it to data/usgs
	@sh scripts/data.sh

# ---- develop ----

test: setup-python test-rust test-python test-exchange ## all tests: units, doctests, laws, golden values of gstat, pipeline, command line, Python, bundles by schemas of others

test-rust: setup ## the tests in Rust
	cargo test --workspace --locked

# ---- Python ----

# An environment is made anew where its requirements changed. It is complete once it has its mark.
$(PYTHON_DIR)/%/.complete: tests/python/requirements-%.txt
	rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

MATURIN = $(PYTHON_DIR)/build/bin/maturin build --locked --manifest-path crates/py/Cargo.toml --target-dir $(abspath $(TARGET)) \
	--interpreter $(PYTHON_DIR)/build/bin/python

.PHONY: setup-wheel
setup-wheel:
	@PYTHON=$(PYTHON) sh scripts/setup.sh wheel

wheel: setup-wheel $(PYTHON_DIR)/build/.complete ## the Python package soilscope as a wheel for this machine, into target/wheels; needs nothing but numpy
	$(MATURIN) --release --out $(TARGET)/wheels

# The wheel of the tests is built by the dev profile, which optimises what computes: a release build takes minutes more.
.PHONY: test-wheel
test-wheel: setup-wheel $(PYTHON_DIR)/build/.complete
	rm -rf $(PYTHON_DIR)/wheel
	$(MATURIN) --profile dev --out $(PYTHON_DIR)/wheel

INSTALL_WHEEL = bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --force-reinstall $(PYTHON_DIR)/wheel/*.whl

# One test, and one notebook, run the program in parts. `make test` has just built it; else it is built here.
$(abspath $(TARGET))/debug/soilscope:
	cargo build --locked -p soilscope-cli

test-python: setup-python test-wheel $(PYTHON_DIR)/test/.complete $(abspath $(TARGET))/debug/soilscope ## the tests of the Python package, in an environment of their own; PYTEST='-k dask' takes some
	$(PYTHON_DIR)/test/$(INSTALL_WHEEL)
	SOILSCOPE=$(abspath $(TARGET))/debug/soilscope MYPY_CACHE_DIR=$(PYTHON_DIR)/mypy \
	    $(PYTHON_DIR)/test/bin/python -m pytest -p no:cacheprovider tests/python $(PYTEST)

# ISO's schemas are in the source of pycsw, which is neither installed nor run.
PYCSW := pycsw-2.6.2.tar.gz
$(PYTHON_DIR)/$(PYCSW): $(PYTHON_DIR)/exchange/.complete
	$(PYTHON_DIR)/exchange/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: -d $(@D) pycsw==2.6.2

BUNDLES = $(PYTHON_DIR)/bundles
test-exchange: setup-python $(PYTHON_DIR)/$(PYCSW) $(abspath $(TARGET))/debug/soilscope ## a bundle against ISO 19139, STAC and GDAL, in an environment of its own
	rm -rf $(BUNDLES)
	$(abspath $(TARGET))/debug/soilscope map data/meuse.csv --analyte zinc --unit mg/kg --crs EPSG:28992 --transform log -q \
	    --guideline NL/intervention/any --soil om=10,clay=25 --mask data/meuse_area.csv --cell 100 --realisations 20 -o $(BUNDLES)/run
	for iso in strict fao; do \
	    $(abspath $(TARGET))/debug/soilscope exchange pack $(BUNDLES)/run --about data/handover/meuse.toml --national -q \
	        --iso-profile $$iso -o $(BUNDLES)/$$iso || exit; \
	done
	for bundle in $(BUNDLES)/strict/NLD* $(BUNDLES)/fao/NLD*; do \
	    $(PYTHON_DIR)/exchange/bin/python tests/exchange/python/validate.py $$bundle --pycsw $(PYTHON_DIR)/$(PYCSW) || exit; \
	done

notebooks: setup-python test-wheel $(PYTHON_DIR)/notebooks/.complete $(abspath $(TARGET))/debug/soilscope ## run the notebooks in an environment of their own, and keep what they show; NOTEBOOKS=notebooks/1-first-map.ipynb takes one
	$(PYTHON_DIR)/notebooks/$(INSTALL_WHEEL)
	PATH="$(abspath $(TARGET))/debug:$$PATH" PYTHONDONTWRITEBYTECODE=1 $(PYTHON_DIR)/notebooks/bin/python scripts/notebooks.py $(NOTEBOOKS)

# 10^9 cells take half an hour and 20 GB of disk for a while. ONLY=scaling or ONLY=whole runs a part, PRICE=0.05 (of a core-hour) adds a cost.
bench-national: setup ## a million samples, a billion cells: memory, rate, where the time goes, how it grows, what a cluster takes; into docs/national.md
	cargo build --release --locked -p soilscope-cli
	cargo build --release --locked -p soilscope-bench
	@FOLDER=$(TARGET)/bench-national BENCH=$(TARGET)/release/soilscope-bench SOILSCOPE=$(SOILSCOPE) PYTHONDONTWRITEBYTECODE=1 \
	    python3 benches/national.py

truth: ## simulated truth for the likelihood and for automatic models: thousands of fits; half an hour
	cargo test --release --locked -p soilscope-core --test likelihood -- --ignored --nocapture
	cargo test --release --locked -p soilscope-core --test auto -- --ignored --nocapture --test-threads=1

coverage: ## simulated truth: do the errors and intervals that hotspots, several contaminants and sources state hold over 200 fields; some minutes
	cargo test --release --locked -p soilscope-assess --test hotspot --test plan --test several --test sources -- --ignored --nocapture

check: setup fmt-check clippy doc layers ## the gate before a commit: format, lints, documentation, layers

fmt-check:
	@cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 || { \
	    echo 'rustfmt or clippy is missing: rustup component add rustfmt clippy' >&2; exit 1; }
	cargo fmt --all --check

clippy:
	cargo clippy --workspace --all-targets --all-features --locked -- -D warnings

doc: ## the API documentation, warnings refused, into target/doc
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked

# The maths knows nothing of files, projections or threads: these crates must not even be in its dependency tree.
layers:
	@sh scripts/layers.sh

bench: setup ## benchmarks; close other programs first
	cargo bench --workspace --locked

# Optional, as `peers` is. ONLY=p1,p3 takes part of it, REPEAT=5 and LIMIT=150 are repeats and seconds of a run, FRESH=1 forgets
# earlier runs, INSTALL=1 installs the peers that are missing (apt-get, PyPI, crates.io); more in benches/peers/peers.py.
bench-peers: setup ## gstat, NumPy, SAGA … side by side with Soilscope: speed and agreement, into docs/performance.md; INSTALL=1 installs them
	cargo build --release --locked -p soilscope-cli
	cargo build --release --locked -p soilscope-bench
	@FOLDER=$(TARGET)/bench-peers BENCH=$(TARGET)/release/soilscope-bench SOILSCOPE=$(SOILSCOPE) \
	    PYTHONDONTWRITEBYTECODE=1 python3 benches/peers/peers.py
	@git --no-pager diff --stat -- docs/performance.md 2>/dev/null || true

bless: setup ## accept new command-line snapshots; read the diff before committing it
	UPDATE_SNAPSHOTS=1 INSTA_UPDATE=always cargo test -p soilscope-cli --locked --test cli
	@git --no-pager diff --stat -- tests/cli 2>/dev/null || true

# The tests record what they reached; one that is ignored otherwise makes the table of it.
RECORDS := $(abspath $(TARGET))/agreement
agreement: ## write docs/reference-cases.md: how near every reference case is met; read the diff before committing it
	rm -rf $(RECORDS) && mkdir -p $(RECORDS)
	SOILSCOPE_AGREEMENT=$(RECORDS) cargo test -p soilscope-core --locked --test golden -- --skip the_table_has_every_case
	SOILSCOPE_AGREEMENT=$(RECORDS) cargo test -p soilscope-core --locked --test golden -- --ignored --exact table::write_the_table
	@git --no-pager diff --stat -- docs/reference-cases.md 2>/dev/null || true

# The page's text is written by hand; only what is between its marks is replaced.
non-detects: ## write the tables of docs/non-detects.md: values below limits against half the limit; some minutes
	@SOILSCOPE_CADMIUM=$$(sh scripts/data.sh --find) || \
	    echo 'non-detects: no usgs_ds801_top5_metals.csv: the cadmium table stays as it was; to get the file: make data'; \
	case "$$SOILSCOPE_CADMIUM" in ''|/*) ;; *) SOILSCOPE_CADMIUM="$$(pwd)/$$SOILSCOPE_CADMIUM";; esac; \
	export SOILSCOPE_CADMIUM; \
	cargo test --release -p soilscope-core --locked --test censored -- --ignored --exact comparison::write_the_tables --nocapture
	@git --no-pager diff --stat -- docs/non-detects.md 2>/dev/null || true

# Optional: needs R with gstat and sp, and a network for PyPI. No other target does; the tests read what it wrote.
peers: ## run gstat, GSTools and PyKrige on the cases of docs/coming-from.md again (optional; R and PyPI)
	TARGET=$(TARGET) sh scripts/coming-from/run.sh
	@git --no-pager diff --stat -- scripts/coming-from 2>/dev/null || true

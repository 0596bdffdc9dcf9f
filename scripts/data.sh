#!/bin/sh
# Geochemistry of the topsoil of the conterminous USA, for `make demo-nation`, benchmarks and your own trials.
#
#   scripts/data.sh                       download, check, convert to data/usgs/        (`make data`)
#   scripts/data.sh --find                print where usgs_ds801_top5_metals.csv is, or fail
#   scripts/data.sh --convert FILE DIR    convert a source text that is already here, unchecked
#
# Source: Smith, D.B., Cannon, W.F., Woodruff, L.G., Solano, Federico, Kilburn, J.E., and Fey, D.L., 2013, Geochemical and
# mineralogical data for soils of the conterminous United States: U.S. Geological Survey Data Series 801,
# https://doi.org/10.3133/ds801, Appendix 2b (0 to 5 cm), tab-separated text of 18 September 2013. Public domain.
#
# NOT TRIED: the download itself. The machines that Soilscope is developed on do not reach the publisher. The address, the
# size and the sum are as others recorded them from the publisher; the conversion was tried on a made-up file of the same
# layout. Should the address have changed: download the text by any other way, save it as the file named by SOURCE below
# in data/usgs/, and run this again; the sum is what decides.
set -eu

cd "$(dirname "$0")/.."

ADDRESS=https://pubs.usgs.gov/ds/801/downloads/Appendix_2b_Top5_18Sept2013.txt
SHA256=e831095cba4549a87144804aa1ccb38e07d44550ab91b27390b84fc1dbdbc894
DIR=data/usgs
SOURCE=$DIR/Appendix_2b_Top5_18Sept2013.txt
ALL=usgs_ds801_top5.csv
METALS=usgs_ds801_top5_metals.csv

say() { printf 'data: %s\n' "$*"; }
die() {
    printf 'data: error: %s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

find_metals() {
    for folder in ${SOILSCOPE_DATA:+"$SOILSCOPE_DATA"} ../shared/data "$DIR"; do
        if [ -f "$folder/$METALS" ]; then
            printf '%s\n' "$folder/$METALS"
            return 0
        fi
    done
    return 1
}

sha256_of() {
    if have sha256sum; then
        sha256sum <"$1"
    elif have shasum; then
        shasum -a 256 <"$1"
    elif have openssl; then
        openssl dgst -sha256 -r <"$1"
    else
        die 'no program for SHA-256 here: install coreutils, shasum or openssl'
    fi | cut -d ' ' -f 1
}

download() { # download ADDRESS FILE
    if have curl; then
        curl --fail --location --silent --show-error --retry 3 --max-time 600 --output "$2" "$1"
    elif have wget; then
        wget --quiet --tries=3 --timeout=60 --output-document="$2" "$1"
    elif have python3; then
        python3 -c 'import sys, urllib.request; urllib.request.urlretrieve(sys.argv[1], sys.argv[2])' "$1" "$2"
    else
        die 'no program to download with: install curl or wget, or save the address with a browser as '"$SOURCE"
    fi
}

# The source text: some lines of title, a line of column names that begins with Top5_LabID, a line of units, the sites.
# N.S. is "no sample"; "<0.1" is "below the reporting limit of 0.1" and is kept in the first file; the second file has
# the limit as the number and 1 in the column that ends in _nd.
convert() { # convert SOURCE_TEXT DIR
    LC_ALL=C awk -F '\t' -v all="$2/$ALL.partial" -v metals="$2/$METALS.partial" '
        function fail(message) {
            print "data: error: line " NR ": " message > "/dev/stderr"
            failed = 1
            exit 1
        }
        function field(name) {
            if (!(name in column)) fail("the source has no column " name)
            return $(column[name])
        }
        function clean(text) { # no sample is an empty field
            return text == "N.S." ? "" : text
        }
        function iso(date, part) {
            if (date == "" || date == "N.S.") return ""
            if (date ~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]$/) return date
            if (split(date, part, "/") != 3 || part[1] < 1 || part[1] > 12) fail("not a date: " date)
            return sprintf("%04d-%02d-%02d", part[3] < 100 ? 2000 + part[3] : part[3], part[1], part[2])
        }
        BEGIN {
            OFS = ","
            n = split("Ag Al As Ba Be Bi Ca Cd Ce Co Cr Cs Cu Fe Ga Hg In K La Li Mg Mn Mo Na Nb Ni P Pb Rb S Sb Sc Se Sn " \
                      "Sr Te Th Ti Tl U V W Y Zn", element, " ")
            n_metals = split("As Cd Cr Cu Hg Ni Pb Sb Se Tl U V Zn", metal, " ")
            split("Al Ca Fe K Mg Na S Ti", in_percent, " ")
            for (i in in_percent) percent[in_percent[i]] = 1
            line = "lab_id,site_id,state,latitude,longitude,date,landcover1,landcover2,depth_cm"
            for (i = 1; i <= n; i++) line = line "," element[i] (element[i] in percent ? "_pct" : "")
            print line > all
            line = "site_id,state,date,latitude,longitude"
            for (i = 1; i <= n_metals; i++) line = line "," metal[i] "," metal[i] "_nd"
            print line > metals
        }
        { sub(/\r$/, "") }
        !header && /^\357?\273?\277?"?Top5_LabID/ {
            for (i = 1; i <= NF; i++) {
                gsub(/^[" \357\273\277]+|[" ]+$/, "", $i)
                column[$i] = i
            }
            header = NR
            next
        }
        !header { next }
        NR == header + 1 { # the units must be the ones this script names
            for (i = 1; i <= n; i++) {
                unit = field("Top5_" element[i])
                wanted = element[i] in percent ? "wt. %" : "mg/kg"
                gsub(/"/, "", unit)
                if (unit != wanted) fail("Top5_" element[i] " is in \"" unit "\", expected \"" wanted "\"")
            }
            next
        }
        /^[ \t]*$/ { next }
        {
            for (i = 1; i <= NF; i++) {
                gsub(/^[" ]+|[" ]+$/, "", $i)
                if ($i ~ /[,"]/) fail("a comma or quote inside a field: " $i)
            }
            date = iso(field("CollDate"))
            line = field("Top5_LabID") "," field("SiteID") "," field("StateID") "," field("Latitude") "," field("Longitude") \
                "," date "," field("LandCover1") "," field("LandCover2") "," field("Top5_Depth")
            for (i = 1; i <= n; i++) line = line "," clean(field("Top5_" element[i]))
            print line > all
            line = field("SiteID") "," field("StateID") "," date "," field("Latitude") "," field("Longitude")
            for (i = 1; i <= n_metals; i++) {
                value = clean(field("Top5_" metal[i]))
                below = value ~ /^</
                sub(/^</, "", value)
                if (value != "" && value !~ /^[0-9.]+$/) fail("not a number: " value)
                line = line "," value "," (value == "" ? "" : below + 0)
            }
            print line > metals
            sites++
        }
        END {
            if (failed) exit 1
            if (!sites) fail("no sites found: is this Appendix 2b of Data Series 801?")
            print "data: " sites " sites converted"
        }
    ' "$1" || {
        rm -f "$2/$ALL.partial" "$2/$METALS.partial"
        die "$1 was not converted"
    }
    mv "$2/$ALL.partial" "$2/$ALL"
    mv "$2/$METALS.partial" "$2/$METALS"
}

case ${1:-} in
--find)
    find_metals
    exit
    ;;
--convert)
    [ $# = 3 ] || die 'usage: data.sh --convert FILE DIR'
    mkdir -p "$3"
    convert "$2" "$3"
    exit
    ;;
'') ;;
*) die "what is $1? Usage: data.sh [--find | --convert FILE DIR]" ;;
esac

mkdir -p "$DIR"
if [ ! -f "$SOURCE" ]; then
    say "downloading $ADDRESS (1.5 MB)"
    download "$ADDRESS" "$SOURCE.partial" || {
        rm -f "$SOURCE.partial"
        die "the download failed. Without it: save $ADDRESS by hand as $SOURCE, then run this again"
    }
    mv "$SOURCE.partial" "$SOURCE"
fi

found=$(sha256_of "$SOURCE")
if [ "$found" != "$SHA256" ]; then
    rm -f "$SOURCE"
    die "$SOURCE is not the file that was published: SHA-256 is $found, expected $SHA256. It was deleted; nothing was converted"
fi
say "SHA-256 is as expected"

convert "$SOURCE" "$DIR"
say "wrote $DIR/$ALL (44 elements, \"<\" kept) and $DIR/$METALS (13 elements as numbers, _nd = 1 below the limit)"
say "coordinates are longitude and latitude; try: make demo-nation"

#!/usr/bin/env bash
# The page that `gradient-gap report` writes, in a headless browser: what its script does with the table, and that nothing goes wrong.
#
#   scripts/report-browser.sh INDEX.html [PICTURE.png]
#
# BROWSER names the browser (default: chromium). With PICTURE.png, the page is photographed too, to be looked at.
set -euo pipefail
exec </dev/null

fail() {
    printf 'scripts/report-browser.sh: %s\n' "$*" >&2
    exit 1
}

[[ $# -eq 1 || $# -eq 2 ]] || fail 'expected INDEX.html [PICTURE.png]'
page=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
browser() {
    "${BROWSER:-chromium}" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$scratch/profile" \
        --enable-logging=stderr --v=0 "$@" 2>"$scratch/log"
}

# shown HASH: the claims that the page shows, in order, a line each. The address is one of its own each time, so that the page loads.
shown() {
    browser --dump-dom "file://$page?$RANDOM#$1" >"$scratch/dom" || fail "the browser failed: $(tail -n 3 "$scratch/log")"
    if grep -q 'CONSOLE.*\(Error\|Uncaught\)' "$scratch/log"; then fail "#$1: $(grep -m1 CONSOLE "$scratch/log")"; fi
    grep -o '<tbody id="[^>]*>' "$scratch/dom" | grep -v ' hidden=' | sed -E 's/<tbody id="([^"]*)".*/\1/' || true
}

# attribute NAME: its values, in the order of the page last shown.
attribute() {
    grep -o '<tbody id="[^>]*>' "$scratch/dom" | grep -v ' hidden=' | sed -E "s/.* $1=\"([^\"]*)\".*/\1/"
}

everything=$(shown '')
count=$(wc -l <<<"$everything")
[[ $count -ge 30 ]] || fail "only $count claims are shown"

refuted=$(shown 'verdict=refuted')
[[ -n $refuted && $(attribute data-verdict | sort -u) == refuted ]] || fail "verdict=refuted shows: $refuted"
[[ $(wc -l <<<"$refuted") -lt $count ]] || fail 'verdict=refuted hides nothing'

found=$(shown 'find=theorem+1')
[[ -n $found && $(wc -l <<<"$found") -lt $count ]] || fail "find=theorem+1 shows: $found"
nothing=$(shown 'find=no-such-statement')
[[ -z $nothing ]] || fail "find=no-such-statement shows: $nothing"

shown 'sort=cases&down=1' >"$scratch/order"
[[ $(wc -l <"$scratch/order") -eq $count ]] || fail 'sorting loses claims'
attribute data-cases >"$scratch/cases"
sort -c -nr "$scratch/cases" || fail 'sort=cases&down=1 is not sorted'
shown 'sort=slug' >"$scratch/order"
LC_ALL=C sort -c "$scratch/order" || fail 'sort=slug is not sorted'

one=$(head -n 1 <<<"$refuted")
shown "$one" >/dev/null
grep -q '<details open' "$scratch/dom" || fail "#$one is not opened"

# with SCRIPT: the claims that a copy of the page shows after somebody's hands, which SCRIPT stands for.
with() {
    { sed 's|</body>.*||' "$page"; printf '<script>%s</script></body></html>\n' "$1"; } >"$scratch/copy.html"
    page=$scratch/copy.html shown ''
}
typed=$(with 'const find = document.getElementById("find"); find.value = "theorem 1"; find.dispatchEvent(new Event("input"));')
[[ $typed == "$found" ]] || fail "typing shows: $typed"
chosen=$(with 'const verdict = document.getElementById("verdict"); verdict.value = "refuted"; verdict.dispatchEvent(new Event("input")); verdict.dispatchEvent(new Event("change"));')
[[ $chosen == "$refuted" ]] || fail "choosing a verdict shows: $chosen"
with 'document.querySelector("th[data-key=cases] button").click();' >"$scratch/order"
attribute data-cases >"$scratch/cases"
sort -c -nr "$scratch/cases" || fail 'a click on "cases" does not sort'
with 'document.getElementById("open").click();' >/dev/null
[[ $(grep -o '<details open' "$scratch/dom" | wc -l) -eq $count ]] || fail '"open or close all" does not open all'

# On paper: a page or more for every claim, as everything is open.
browser --no-pdf-header-footer --print-to-pdf="$scratch/paper.pdf" "file://$page" >/dev/null || fail 'no paper'
pages=$(grep -a -c '/Type */Page\b' "$scratch/paper.pdf" || true)
[[ $pages -ge $count ]] || fail "on paper there are $pages pages for $count claims"

# On a phone nothing is wider than the screen.
with 'document.title = document.documentElement.scrollWidth <= innerWidth ? "narrow" : `wide: ${document.documentElement.scrollWidth} > ${innerWidth}`;' >/dev/null
width() { browser --window-size="$1,800" --dump-dom "file://$scratch/copy.html" | grep -o -m1 '<title>[^<]*' | head -n 1; }
[[ $(width 500) == '<title>narrow' ]] || fail "on a phone: $(width 500)"

if [[ $# -eq 2 ]]; then
    browser --window-size=1300,2400 --screenshot="$(realpath "$2")" "file://$page" >/dev/null || fail 'no picture'
fi
printf '%d claims shown, filtered, found, sorted and opened, by address and by hand; %d pages on paper\n' "$count" "$pages"

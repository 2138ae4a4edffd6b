#!/usr/bin/env bash
# Re-creates every sample of output in README.md and docs/*.md and every figure of docs/*.md; checks the index of pages in
# docs/README.md.
#
#   scripts/readme-samples.sh --check    compare; exit status 1 and a diff where something differs
#   scripts/readme-samples.sh --write    replace the samples and the figures, then check the index
#
# A sample stands between two comments, each on a line of its own:
#
#   <!-- begin: gradient-gap ARGUMENTS -->                  the whole output, or
#   <!-- begin: gradient-gap ARGUMENTS | rows PREFIX -->    the rows of its tables that begin with PREFIX (at least one), or
#   <!-- begin: gradient-gap ARGUMENTS | from PREFIX -->    all from the first line that begins with PREFIX
#   <!-- end -->
#
# The command must succeed, or, where it is a conjecture, refute. Arguments hold no blanks. A lone "-" among the arguments stands for standard input: the last ```json block above the sample. Wall times are left out.
# A figure is an SVG that a command writes to standard output with --out - (collapse: to a file), named on a line of a page in docs:
#
#   <!-- figure FILE: gradient-gap ARGUMENTS -->            FILE from the root of the repository
#
# GRADIENT_GAP names the program to run; without it, the release binary is built and run.
set -euo pipefail
export LC_ALL=C

usage() {
    printf 'usage: %s --check | --write\n' "${0##*/}" >&2
    exit 2
}

[[ $# -eq 1 ]] || usage
mode=$1
[[ $mode == --check || $mode == --write ]] || usage

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

gradient_gap() {
    if [[ -n ${GRADIENT_GAP:-} ]]; then
        "$GRADIENT_GAP" "$@"
    else
        cargo run --release --quiet -- "$@"
    fi
}

# run_plain COMMAND INPUT-FILE ARGUMENT…: the output of the command, with more arguments, in $scratch/output.
run_plain() {
    local text=$1 input=$2
    shift 2
    [[ $text =~ ^gradient-gap( [A-Za-z0-9._/=\<\>+*^\(\),-]+)*$ ]] || fail "not a plain gradient-gap command: $text"
    local -a words
    read -ra words <<<"$text"
    local status=0
    gradient_gap "${words[@]:1}" "$@" <"$input" >"$scratch/output" || status=$?
    [[ $status -eq 0 || ( $status -eq 1 && ${words[1]:-} == conjecture ) ]] || fail "failed: $text"
}

# sample COMMENT-TEXT INPUT-FILE: the output of the command in a begin comment.
sample() {
    local text=$1 input=$2 prefix= from=
    if [[ $text == *' | rows '* ]]; then
        prefix=${text##*' | rows '}
        text=${text%" | rows $prefix"}
    elif [[ $text == *' | from '* ]]; then
        from=${text##*' | from '}
        text=${text%" | from $from"}
    fi
    run_plain "$text" "$input"
    if [[ -n $from ]]; then
        awk -v from="$from" 'index($0, from) == 1 { found = 1 } found { print } END { exit !found }' "$scratch/output" |
            sed -E 's/, [0-9]+\.[0-9] s\.$/./' || fail "no line begins with $from: $text"
    elif [[ -n $prefix ]]; then
        awk -v prefix=" $prefix" 'index($0, prefix) == 1 { print; found = 1 } END { exit !found }' "$scratch/output" ||
            fail "no row begins with $prefix: $text"
    else
        sed -E 's/, [0-9]+\.[0-9] s\.$/./' "$scratch/output"
    fi
}

# recreate PAGE: the page with fresh samples; adds their number to $samples.
samples=0
recreate() {
    local page=$1 line within=text pattern='^<!-- begin: (.*) -->$'
    : >"$scratch/input"
    while IFS= read -r line; do
        case $within in
        sample)
            [[ $line == '<!-- end -->' ]] || continue
            within=text
            ;;
        json)
            if [[ $line == '```' ]]; then within=text; else printf '%s\n' "$line" >>"$scratch/input"; fi
            ;;
        *)
            if [[ $line == '```json' ]]; then
                within=json
                : >"$scratch/input"
            elif [[ $line =~ $pattern ]]; then
                within=sample
                samples=$((samples + 1))
                printf '%s\n```text\n' "$line"
                sample "${BASH_REMATCH[1]}" "$scratch/input"
                printf '```\n'
                continue
            fi
            ;;
        esac
        printf '%s\n' "$line"
    done <"$page"
    [[ $within == text ]] || fail "$page ends within a $within block"
}

# Every sample of README.md and of the pages of docs, compared or, with --write, replaced where it differs.
pages() {
    local page
    for page in README.md docs/*.md; do
        recreate "$page" >"$scratch/page"
        if [[ $mode == --write ]]; then
            cmp -s "$page" "$scratch/page" || cat "$scratch/page" >"$page"
        else
            diff -u "$page" "$scratch/page" || fail "$page is out of date; run scripts/readme-samples.sh --write"
        fi
    done
    [[ $samples -gt 0 ]] || fail 'there are no samples'
    printf '%d samples of README.md and docs re-created\n' "$samples" >&2
}

# Every figure, compared or, with --write, replaced where it differs.
figures() {
    local line count=0 pattern='^<!-- figure ([a-z0-9./-]+\.svg): (gradient-gap .*) -->$'
    while IFS= read -r line; do
        [[ $line =~ $pattern ]] || fail "not a figure: $line"
        local file=${BASH_REMATCH[1]} command=${BASH_REMATCH[2]}
        if [[ $command == 'gradient-gap collapse '* ]]; then
            run_plain "$command" /dev/null --out "$scratch/figure.svg"
            mv "$scratch/figure.svg" "$scratch/output"
        else
            run_plain "$command" /dev/null --out -
        fi
        if ! cmp -s "$file" "$scratch/output"; then
            [[ $mode == --write ]] || fail "$file is out of date; run scripts/readme-samples.sh --write"
            cat "$scratch/output" >"$file"
        fi
        count=$((count + 1))
    done < <(grep -h '^<!-- figure' docs/*.md)
    [[ $count -gt 0 ]] || fail 'docs has no figures'
    printf '%d figures of docs re-created\n' "$count" >&2
}

# Slugs and places, in the registry's order, against the index.
check_index() {
    gradient_gap list </dev/null |
        awk -F '   *' 'NR > 2 && /^$/ { exit } NR > 2 { sub(/^ /, ""); print $1 " | " $2 }' >"$scratch/registry"
    [[ -s $scratch/registry ]] || fail '`gradient-gap list` names no claims'
    # A claim's page has its name; an observation's is that of its experiment.
    sed -nE 's/^\| \[([a-z0-9-]*)\]\((claims\/\1|[a-z0-9-]*)\.md\) \| ([^|]*[^| ]) *\|.*/\1 | \3/p' docs/README.md >"$scratch/index"
    diff -u "$scratch/index" "$scratch/registry" ||
        fail 'the index in docs/README.md is not the registry (-: docs/README.md, +: registry)'
    printf '%d pages in the index of docs/README.md\n' "$(wc -l <"$scratch/index")" >&2
}

pages
figures
check_index

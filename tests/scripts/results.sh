# Read by run-tests and run-windows-tests: how runs of test programs ended.

# Prints "passed failed skipped" of the last program whose summary is in a log. One that ended without a summary, badly, or without a test, has
# failed once at least.
# usage: outcome LOG EXIT_CODE
outcome() {
    local total errors failed skipped
    if ! read -r total errors failed skipped < <(grep -aE 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+' "$1" | tail -n 1 \
        | sed -E 's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+).*/\1 \2 \3 \4/'); then
        echo "0 1 0"
        return
    fi
    local bad=$((errors + failed))
    if [ "$bad" -eq 0 ] && { [ "$2" -ne 0 ] || [ "$total" -eq 0 ]; }; then bad=1; fi
    echo "$((total - failed - skipped)) $bad $skipped"
}

# Says how a run ended, with the end of its log if it failed.
# usage: tell NAME HOW_LONG FAILED EXIT_CODE LIMIT LOG
tell() {
    printf '%-24s %s in %s\n' "$1" "$([ "$3" -eq 0 ] && echo passed || echo FAILED)" "$2"
    [ "$3" -ne 0 ] || return 0
    case $4 in 124 | 137) echo "  no end within $5 s" ;; esac
    tail -n 200 "$6" | sed 's/^/  /'
}

# Prints each reason for which tests of a log failed, how many did, and one of them.
# usage: reasons LOG
reasons() {
    awk '
        { sub(/\r$/, "") }
        reading { sub(/^ +/, ""); failed[$0]++; if (!($0 in first)) first[$0] = name; reading = 0 }
        / \[FAIL\]$/ { name = $0; gsub(/^ +| \[FAIL\]$/, "", name); reading = 1 }
        END { for (reason in failed) printf "%4d x %s (%s)\n", failed[reason], reason, first[reason] }' "$1" | sort -rn
}

# Adds up the outcomes in *.sum files of a folder, of which so many are expected; fails when anything has, and says why (*.reasons).
# usage: sum_up FOLDER EXPECTED [WHERE]
sum_up() {
    cat "$1"/*.reasons
    cat "$1"/*.sum | awk -v expected="$2" -v where="${3:+ $3}" '
        { passed += $1; failed += $2; skipped += $3 }
        END {
            failed += expected - NR
            printf "%d passed, %d failed, %d skipped%s\n", passed, failed, skipped, where
            exit failed > 0
        }'
}

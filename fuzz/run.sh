#!/bin/sh
# Runs every fuzz target, or those named, for SECONDS each (600), JOBS at a time (2), and says what came of it.
#   RUSTC_BOOTSTRAP=1 cargo fuzz build -s none && fuzz/run.sh [TARGET...]
# Logs go to fuzz/logs/TARGET.log; a crash leaves its input in fuzz/artifacts/TARGET/.
cd "$(dirname "$0")" || exit 2
SECONDS_EACH=${SECONDS_EACH:-600} JOBS=${JOBS:-2} TIMEOUT=${TIMEOUT:-25}
BIN=${BIN:-target/x86_64-unknown-linux-gnu/release}
export SECONDS_EACH TIMEOUT BIN
mkdir -p logs
[ $# -gt 0 ] || set -- $(ls targets | sed 's/\.rs$//')
printf '%s\n' "$@" | xargs -P "$JOBS" -I '{}' sh -c '
    mkdir -p corpus/{} artifacts/{}
    "$BIN/{}" corpus/{} -dict=words.dict -artifact_prefix=artifacts/{}/ -max_total_time="$SECONDS_EACH" \
        -max_len=16384 -timeout="$TIMEOUT" -rss_limit_mb=2048 -print_final_stats=1 >logs/{}.log 2>&1
    echo "{} exit $?: $(grep -o "number_of_executed_units:.*" logs/{}.log), $(grep -c . logs/{}.log) log lines"
' | tee -a logs/summary.log

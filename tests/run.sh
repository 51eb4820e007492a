#!/bin/sh
# Run the tests that can share the machine side by side, then those marked `alone`, one after another.
# Arguments are pytest's, as in: sh tests/run.sh -k store -x
python=${PYTHON:-python3}
shared=0 alone=0
# Twice as many as there are processors: most tests wait, for a box, an engine or the end of a time limit.
workers=$(($(getconf _NPROCESSORS_ONLN) * 2))
"$python" -m pytest --alone=never --numprocesses "$workers" --dist worksteal "$@" || shared=$?
[ "$shared" -eq 0 ] || [ "$shared" -eq 5 ] || exit "$shared"
"$python" -m pytest --alone=only "$@" || alone=$?
# 5 is pytest's "nothing was selected": that is a fault only if it is so for both.
[ "$alone" -eq 5 ] && alone=$shared
exit "$alone"

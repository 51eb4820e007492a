#!/bin/bash
# Each user does what the task speaks of; the reward is 1 if all of it went as it should.
cd /srv/site || exit
as() { su -s /bin/bash "$1" -c "umask 002; $2" </dev/null >/dev/null 2>&1; }

reward=1
fails() { echo "$1"; reward=0; }
[ "$(cat banner.txt)" = "$(cat /tests/expected.txt)" ] || fails "banner.txt says something else"
as mia 'echo more >> banner.txt' || fails "a member cannot change banner.txt"
as mia 'touch new.txt && [ "$(stat -c %G new.txt)" = web ]' || fails "a new file does not belong to web"
as otto 'cat banner.txt' || fails "others cannot read banner.txt"
as otto 'echo more >> banner.txt' && fails "others can change banner.txt"
as otto 'touch other.txt' && fails "others can make files"
echo $reward > /logs/verifier/reward.txt

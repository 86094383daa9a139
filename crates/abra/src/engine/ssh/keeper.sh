# Holds one ssh and ends it when standard input ends, however the program behind that ended. $1 is the folder of ssh's
# sockets, $2 the program, the rest its words. Ctrl-C and the like are for that program to heed: it may need the link to end well.
trap '' HUP INT QUIT TERM
folder=$1 program=$2
shift
exec 3<&0
"$@" </dev/null 3<&- &
ssh=$!
exec >/dev/null 2>&1
read -r _ <&3
if [ -S "$folder/ctl" ]; then
  "$program" -o ControlPath="$folder/ctl" -o BatchMode=yes -O exit -- abra </dev/null 3<&- &
  asks=$!
  # Two seconds in all, in small steps where sleep knows fractions.
  steps=0
  while [ -S "$folder/ctl" ] && [ "$steps" -lt 100 ]; do
    if sleep 0.02; then steps=$((steps + 1)); else sleep 1; steps=$((steps + 50)); fi
  done
  # One that hangs does not answer.
  kill -KILL "$asks"
fi
kill -KILL "$ssh"
wait "$ssh"
# A program that ended well has done this itself: two processes less for each server.
[ -e "$folder" ] || exit 0
rm -f "$folder/ctl" "$folder/engine" "$folder/lock"
rmdir "$folder"

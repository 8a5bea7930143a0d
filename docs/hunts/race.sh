# Eight tasks may be in a container; four of them make more all the time, on all CPUs.
mkdir /c
mount -t container -o numtasks x /c
mkdir /c/a
echo 8 >/c/a/numtasks.max
for loop in 1 2 3 4; do
	cexec /c:/a sh -c 'i=0; while [ $i -lt 400 ]; do true & true & true & wait; i=$((i + 1)); done' 2>/dev/null &
done
most=0
while [ -n "$(cat /c/a/tasks)" ] || [ $most = 0 ]; do
	now=$(cat /c/a/numtasks.current)
	[ "$now" -le $most ] || most=$now
done
wait
echo "most at once: $most of 8"
echo "now there: $(wc -l </c/a/tasks); counted: $(cat /c/a/numtasks.current)"

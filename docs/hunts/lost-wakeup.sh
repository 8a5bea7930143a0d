# Two who wait for a line each, and one who writes two at once: both should be read (byte by byte, so two quick readers may mix them).
mkfifo /tmp/lines
exec 3<>/tmp/lines
(read x <&3; echo "one has read $x") &
(read x <&3; echo "the other has read $x") &
sleep 1
printf 'first\nsecond\n' >&3
sleep 2
ps | grep 'sh /etc'
for p in /proc/[0-9]*; do
	[ $p != /proc/$$ ] || continue		# this shell, which waits for what cat says
	case $(cat $p/wchan) in *pipe*) echo "$p waits in $(cat $p/wchan)"; cat $p/stack ;; esac
done

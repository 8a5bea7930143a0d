# A remount that is refused should leave nothing behind.
mkdir /c
mount -t container -o none,name=mine x /c
grep "^kmalloc-64 " /proc/slabinfo
i=0
while [ $i -lt 1000 ]; do
	mount -o remount,name=other,release_agent=/a/path/of/some/forty/characters/agent x /c 2>/dev/null
	i=$((i + 1))
done
grep "^kmalloc-64 " /proc/slabinfo
umount /c

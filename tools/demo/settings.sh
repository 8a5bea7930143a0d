# SPDX-License-Identifier: GPL-2.0-only
# The university server: where things are, and who is who. Read by the scripts beside it.

cpu=/dev/cpu			# the hierarchy that divides the CPUs
memory=/dev/memory		# the hierarchy that divides memory
sessions=/var/log/sessions	# the release agent's log

# What a line of /proc/PID/container begins with for each of them.
cpu_names=cpuset,cpu,cpuacct
memory_names=memory,numtasks

# Leave a mark in the trace, for those who read it later.
mark()
{
	echo "$*" > /proc/trace
}

# Which class a user belongs to, into $class. Root's programs stay where they are, so that he can act when all others are busy.
classify_user()
{
	class=
	if [ "$1" -ge 2000 ]; then
		class=students
	elif [ "$1" -ge 1000 ]; then
		class=professors
	elif [ "$1" -gt 0 ]; then
		class=system
	fi
}

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The university server, the example for which task containers were first described: professors, students and the system's own
# work share one machine. The CPUs are divided in one way and memory in another, so there are two hierarchies:
#
#	/dev/cpu	cpuset, cpu, cpuacct		/dev/memory	memory, numtasks
#	  professors	CPUs 0-1, weight 1024		  professors	50 % of 80 MiB
#	  students	CPUs 2-3, weight 1024		  students	30 %, at most 60 tasks
#	    tom, eve …	one for each who is logged in	  system	20 %
#	    enhanced	for a while, for one program
#	  system	all CPUs, weight 512: 20 %
#
# Nobody here places a program. classify.sh is told of each program that starts and writes its number into the two containers that its
# user belongs to; release_agent.sh removes a student's container when the last program in it has ended. All that happens is in the
# trace, which is this script's output. `make demo` runs it in a guest with 4 CPUs and 2 memory nodes, and draws it.
#
#	university.sh SECONDS		how long everybody works

here=${0%/*}
. "$here/settings.sh"
work=${1:-8}		# seconds

# ---- the two hierarchies ----

# container DIRECTORY FILE=VALUE...: make a container with these settings.
container()
{
	directory=$1
	shift
	mkdir "$directory" || exit 1
	for setting; do
		echo "${setting#*=}" > "$directory/${setting%%=*}" || exit 1
	done
}

set_up()
{
	mkdir -p $cpu $memory /var/log
	mount -t container -o $cpu_names cpu $cpu || exit 1
	mount -t container -o $memory_names memory $memory || exit 1

	container $cpu/professors cpuset.cpus=0-1 cpuset.mems=0 cpu.shares=1024
	container $cpu/students cpuset.cpus=2-3 cpuset.mems=1 cpu.shares=1024
	container $cpu/system cpuset.cpus=0-3 cpuset.mems=0-1 cpu.shares=512
	container $cpu/students/enhanced cpuset.cpus=2-3 cpuset.mems=1 cpu.shares=4096

	container $memory/professors memory.limit_in_bytes=40M
	container $memory/students memory.limit_in_bytes=24M numtasks.max=60
	container $memory/system memory.limit_in_bytes=16M

	: > $sessions
	echo "$here/release_agent.sh" > $cpu/release_agent
}

# ---- those who use it ----

# login USER COMMAND: a session, as a terminal or the network would bring it.
login()
{
	su "$1" -c "cd $here/bin; $2" > /dev/null 2>&1 &
	everybody="$everybody $!"
}

# A program, seconds, MiB: all of them are load.c under another name.
start_work()
{
	login mail "./filter $work 3 & ./filter $work 3; wait"
	login backup "./pack $work 4 & ./pack $work 4; wait"
	login curie "./model $work 14 & ./model $work 9; wait"
	login noether "./prove $work 6 & ./prove $work 6; wait"
	login tom "./compile $work 2 & ./compile $work 2; wait"
	login eve "./editor $work 2 & ./compile $work 2; wait"
	login sam "./browser $work 4 & ./editor $work 1; wait"
}

# ---- measuring ----

# Write into the trace what the control files say.
show()
{
	names=$1 directory=$2 path=$3
	shift 3
	line="container $names:$path"
	for file; do
		read -r value < "$directory$path/$file" && line="$line $file=$value"
	done
	mark "$line"
}

settings()
{
	for path in / /professors /students /system /students/enhanced; do
		show $cpu_names $cpu $path cpuset.cpus cpu.shares
	done
	for path in /professors /students /system; do
		show $memory_names $memory $path memory.limit_in_bytes
	done
}

usage()
{
	for path in /professors /students /system; do
		show $cpu_names $cpu $path cpuacct.usage
		show $memory_names $memory $path memory.usage_in_bytes memory.max_usage_in_bytes
	done
}

watch()
{
	while usage; do
		sleep 0.1
	done
}

# The number of sam's browser.
browser()
{
	for status in /proc/[0-9]*/comm; do
		read -r comm 2> /dev/null < "$status"
		if [ "$comm" = browser ]; then
			status=${status#/proc/}
			echo "${status%/comm}"
		fi
	done
}

# ---- the day ----

set_up
exec 3<> /proc/trace_pipe	# from here on nothing is missed
echo exec >&3
"$here/classify.sh" <&3 &
classify=$!
exec 3>&-
watch &
watch=$!
settings
mark watch browser

start_work
sleep 1
usage
mark begin measure

sleep 1
login lea "./compile 1 3 & ./compile 1 3; wait"	# comes, and leaves again
sleep 1
mark begin "browser enhanced"
pid=$(browser)
echo "$pid" > $cpu/students/enhanced/tasks
sleep $((work / 4))
echo "$pid" > $cpu/students/sam/tasks
mark end "browser enhanced"
login tom "./runaway 5 64"	# wants more than all students have
sleep 1
usage
mark end measure

wait $everybody
sleep 0.3			# for the last release agent, and to see that no memory is left charged
kill $watch $classify

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Reads of each program that starts, from a trace_pipe that shows nothing else, and puts it where its user belongs, in both hierarchies.
# What that program starts is born there, so most notifications need nothing done.

. "${0%/*}/settings.sh"

# name_of UID: the user's name.
name_of()
{
	while IFS=: read -r name password uid rest; do
		[ "$uid" = "$1" ] && echo "$name" && return
	done < /etc/passwd
}

# is_in PID LINE: does /proc/PID/container have a line that begins so?
is_in()
{
	while read -r line; do
		case $line in
		"$2"*) return 0 ;;
		esac
	done 2> /dev/null < "/proc/$1/container"
	return 1
}

# A student's container; it may have been removed just now, by the release agent.
session()
{
	[ -d "$1" ] && return
	mkdir "$1"
	cat $cpu/students/cpuset.cpus > "$1/cpuset.cpus"
	cat $cpu/students/cpuset.mems > "$1/cpuset.mems"
	echo 1 > "$1/notify_on_release"
}

# place PID CLASS UID
place()
{
	directory=$cpu/$2
	if [ "$2" = students ]; then
		directory=$directory/$(name_of "$3")
		session "$directory"
	fi
	echo "$1" > "$directory/tasks" || { session "$directory" && echo "$1" > "$directory/tasks"; }
	echo "$1" > "$memory/$2/tasks"
}

while read -r time cpu_number pid comm event uid file; do
	classify_user "${uid#uid=}"
	[ -z "$class" ] || is_in "$pid" "$cpu_names:/$class" || place "$pid" "$class" "${uid#uid=}" 2> /dev/null
done

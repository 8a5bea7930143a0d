# SPDX-License-Identifier: GPL-2.0-only
# Read by every case. The results of ct go to standard output; what sh says about killed jobs does not belong to them.
exec 2>/dev/null

# hold_in DIR: a process that sleeps in the container DIR; its pid goes to P. Says only what goes wrong.
hold_in() {
	ct hold &
	P=$!
	ct w $1/tasks $P >/tmp/hold_in || cat /tmp/hold_in
}

# settle: Linux frees a removed container some time after the rmdir, and some calls see it until then. Paddock must not need it.
settle() {
	[ $SYSTEM = paddock ] || sleep 1
}

# agent [NAME]: make /tmp/NAME the release agent of the hierarchy at /m
agent() {
	[ -e /tmp/${1:-agent} ] || ln -s /bin/ct /tmp/${1:-agent}
	rm -f /tmp/agent.log
	ct w /m/release_agent /tmp/${1:-agent} >/tmp/agent.out || cat /tmp/agent.out
}

# end PID: kill it and wait until it has gone
end() {
	ct kill $1 >/tmp/end.out || cat /tmp/end.out
	wait $1
	:
}

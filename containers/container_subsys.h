/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The subsystems, one line each; the order gives their ids and the order in which they are listed everywhere.
 * Included several times with different meanings of SUBSYS(), so without a guard.
 */
SUBSYS(cpuset)
SUBSYS(cpu)
SUBSYS(cpuacct)
SUBSYS(memory)
SUBSYS(devices)
SUBSYS(freezer)
SUBSYS(numtasks)
SUBSYS(ns)
SUBSYS(debug)

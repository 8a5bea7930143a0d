#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The kernel starts this when a student's container has become empty: $1 is its path.

. "${0%/*}/settings.sh"

rmdir "$cpu$1" && echo "$1 has left" >> $sessions && mark "$1 has left"

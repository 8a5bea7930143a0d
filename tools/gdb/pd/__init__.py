# SPDX-License-Identifier: GPL-2.0-only
"""Paddock's helpers for GDB; see ../paddock.py."""

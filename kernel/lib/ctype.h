/* SPDX-License-Identifier: GPL-2.0-only */
/* Character classes of ASCII. */
#pragma once

#include "kernel/lib/types.h"

static inline bool isdigit(int c)
{
	return (unsigned int)c - '0' < 10;
}
static inline bool isupper(int c)
{
	return (unsigned int)c - 'A' < 26;
}
static inline bool islower(int c)
{
	return (unsigned int)c - 'a' < 26;
}
static inline bool isalpha(int c)
{
	return ((unsigned int)c | 32) - 'a' < 26;
}
static inline bool isalnum(int c)
{
	return isalpha(c) || isdigit(c);
}
static inline bool isspace(int c)
{
	return c == ' ' || (unsigned int)c - '\t' < 5;
}
static inline bool isprint(int c)
{
	return (unsigned int)c - 0x20 < 0x5f;
}
static inline bool iscntrl(int c)
{
	return (unsigned int)c < 0x20 || c == 0x7f;
}
static inline bool isxdigit(int c)
{
	return isdigit(c) || ((unsigned int)c | 32) - 'a' < 6;
}
static inline int tolower(int c)
{
	return isupper(c) ? c | 32 : c;
}
static inline int toupper(int c)
{
	return islower(c) ? c & ~32 : c;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vsnprintf and its relatives; printf.h lists the formats. An unknown conversion is printed as it
 * stands.
 */
#include "kernel/lib/lib.h"

const char *ksym_lookup(unsigned long addr, unsigned long *offset);	/* kernel/debug */

struct out {
	char *buf;
	size_t size;
	size_t len;		/* of the whole text so far, also what did not fit */
};

struct spec {
	bool left, plus, space, zero, alt, upper;
	int width;
	int precision;		/* -1: none given */
	char length;		/* 'H' hh, 'h', 'l' (also ll z t j), 0 */
};

static inline void put(struct out *o, char c)
{
	if (o->len < o->size)
		o->buf[o->len] = c;
	o->len++;
}

/* Text as it stands. */
static void put_text(struct out *o, const char *s, size_t n)
{
	if (n && o->len < o->size)
		memcpy(o->buf + o->len, s, min(n, o->size - o->len));
	o->len += n;
}

static void pad(struct out *o, char c, int n)
{
	while (n-- > 0)
		put(o, c);
}

static void put_string(struct out *o, const struct spec *f, const char *s)
{
	int len;

	if (!s)
		s = "(null)";
	len = (int)(f->precision >= 0 ? strnlen(s, (size_t)f->precision) : strlen(s));
	if (!f->left)
		pad(o, ' ', f->width - len);
	put_text(o, s, (size_t)len);
	if (f->left)
		pad(o, ' ', f->width - len);
}

static void put_number(struct out *o, const struct spec *f, u64 v, unsigned int base, bool negative)
{
	const char *digits = f->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char tmp[24], sign = negative ? '-' : f->plus ? '+' : f->space ? ' ' : 0;
	int n = 0, zeros, len, prefix = 0;
	bool zero = !v;

	for (; v; v /= base)
		tmp[n++] = digits[v % base];
	zeros = max(f->precision < 0 ? 1 : f->precision, n) - n;
	if (f->alt && base == 8 && !zeros)
		zeros = 1;
	if (f->alt && base == 16 && !zero)
		prefix = 2;
	len = n + zeros + prefix + (sign ? 1 : 0);
	if (f->zero && !f->left && f->precision < 0 && f->width > len) {
		zeros += f->width - len;
		len = f->width;
	}
	if (!f->left)
		pad(o, ' ', f->width - len);
	if (sign)
		put(o, sign);
	if (prefix) {
		put(o, '0');
		put(o, f->upper ? 'X' : 'x');
	}
	pad(o, '0', zeros);
	while (n)
		put(o, tmp[--n]);
	if (f->left)
		pad(o, ' ', f->width - len);
}

/* %p and what may follow it; returns the characters of the format used. */
static int put_pointer(struct out *o, struct spec *f, const char *fmt, const void *p)
{
	char text[96];
	unsigned long offset;
	const char *name;

	if (*fmt == 'S') {
		name = ksym_lookup((unsigned long)p, &offset);
		if (name)
			snprintf(text, sizeof(text), "%s+0x%lx", name, offset);
		else
			snprintf(text, sizeof(text), "0x%lx", (unsigned long)p);
		put_string(o, f, text);
		return 1;
	}
	if (*fmt == 'e') {
		name = IS_ERR(p) ? errname((int)PTR_ERR(p)) : NULL;
		if (name)
			snprintf(text, sizeof(text), "-%s", name);
		else
			snprintf(text, sizeof(text), "%ld", PTR_ERR(p));
		put_string(o, f, text);
		return 1;
	}
	f->precision = 16;
	put_number(o, f, (unsigned long)p, 16, false);
	return 0;
}

/* Flags, width and precision. */
static const char *parse_layout(const char *s, struct spec *f, va_list *ap)
{
	for (;; s++) {
		if (*s == '-')
			f->left = true;
		else if (*s == '+')
			f->plus = true;
		else if (*s == ' ')
			f->space = true;
		else if (*s == '0')
			f->zero = true;
		else if (*s == '#')
			f->alt = true;
		else
			break;
	}
	if (*s == '*') {
		f->width = va_arg(*ap, int);
		if (f->width < 0) {
			f->left = true;
			f->width = -f->width;
		}
		s++;
	} else {
		while (isdigit(*s))
			f->width = f->width * 10 + (*s++ - '0');
	}
	if (*s == '.') {
		f->precision = 0;
		if (*++s == '*') {
			f->precision = va_arg(*ap, int);
			s++;
		} else {
			while (isdigit(*s))
				f->precision = f->precision * 10 + (*s++ - '0');
		}
	}
	return s;
}

static const char *parse_spec(const char *s, struct spec *f, va_list *ap)
{
	*f = (struct spec){.precision = -1};
	if (*s < 'a')		/* most conversions go on with a letter */
		s = parse_layout(s, f, ap);
	for (; *s == 'h' || *s == 'l' || *s == 'z' || *s == 't' || *s == 'j'; s++)
		f->length = *s != 'h' ? 'l' : f->length == 'h' ? 'H' : 'h';
	return s;
}

static s64 signed_arg(const struct spec *f, va_list *ap)
{
	if (f->length == 'l')
		return va_arg(*ap, long);
	if (f->length == 'h')
		return (short)va_arg(*ap, int);
	if (f->length == 'H')
		return (signed char)va_arg(*ap, int);
	return va_arg(*ap, int);
}

static u64 unsigned_arg(const struct spec *f, va_list *ap)
{
	if (f->length == 'l')
		return va_arg(*ap, unsigned long);
	if (f->length == 'h')
		return (unsigned short)va_arg(*ap, unsigned int);
	if (f->length == 'H')
		return (unsigned char)va_arg(*ap, unsigned int);
	return va_arg(*ap, unsigned int);
}

/* One conversion whose text begins behind the '%'. Returns where the format goes on. */
static const char *convert(struct out *o, const char *fmt, va_list *ap)
{
	struct spec f;
	const char *s = parse_spec(fmt, &f, ap);
	s64 v;

	switch (*s) {
	case 'd':
	case 'i':
		v = signed_arg(&f, ap);
		put_number(o, &f, v < 0 ? -(u64)v : (u64)v, 10, v < 0);
		break;
	case 'X':
		f.upper = true;
		fallthrough;
	case 'x':
		put_number(o, &f, unsigned_arg(&f, ap), 16, false);
		break;
	case 'u':
		put_number(o, &f, unsigned_arg(&f, ap), 10, false);
		break;
	case 'o':
		put_number(o, &f, unsigned_arg(&f, ap), 8, false);
		break;
	case 'c':
		if (!f.left)
			pad(o, ' ', f.width - 1);
		put(o, (char)va_arg(*ap, int));
		if (f.left)
			pad(o, ' ', f.width - 1);
		break;
	case 's':
		put_string(o, &f, va_arg(*ap, const char *));
		break;
	case 'p':
		s += put_pointer(o, &f, s + 1, va_arg(*ap, const void *));
		break;
	case '%':
		put(o, '%');
		break;
	default:
		put(o, '%');
		return fmt;
	}
	return s + 1;
}

int vsnprintf(char *buf, size_t n, const char *fmt, va_list ap)
{
	struct out o = {buf, n, 0};
	va_list args;

	va_copy(args, ap);
	while (*fmt) {
		const char *text = fmt;

		fmt = strchrnul(text, '%');
		put_text(&o, text, (size_t)(fmt - text));
		if (*fmt)
			fmt = convert(&o, fmt + 1, &args);
	}
	va_end(args);
	if (n)
		buf[min(o.len, n - 1)] = '\0';
	return (int)o.len;
}

int snprintf(char *buf, size_t n, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(buf, n, fmt, ap);
	va_end(ap);
	return len;
}

int vscnprintf(char *buf, size_t n, const char *fmt, va_list ap)
{
	int len = vsnprintf(buf, n, fmt, ap);

	return !n ? 0 : min(len, (int)n - 1);
}

int scnprintf(char *buf, size_t n, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vscnprintf(buf, n, fmt, ap);
	va_end(ap);
	return len;
}

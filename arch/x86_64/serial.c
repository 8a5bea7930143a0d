// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 16550 serial ports: 115200 8N1 with FIFOs, interrupt driven for the tty (serial_open), polled for the kernel log.
 * Source: National Semiconductor PC16550D data sheet, section 8.
 */
#include "arch/x86_64/cpu.h"
#include "kernel/lib/lib.h"
#include "kernel/sync/sync.h"

#define UART_DATA 0	/* receive, transmit */
#define UART_IER  1	/* interrupt enable */
#define UART_IIR  2	/* interrupt identification; write: FIFO control */
#define UART_LCR  3
#define UART_MCR  4
#define UART_LSR  5
#define UART_SCR  7
#define IER_RX	  0x01
#define IER_TX	  0x02
#define IER_LINE  0x04
#define LSR_READY 0x01
#define LSR_BREAK 0x10
#define LSR_THRE  0x20
#define FIFO_SIZE 16

struct uart {
	u16 base;
	u8 isa_irq;
	bool present;			/* immutable after the first probe */
	bool probed;
	u8 ier;				/* lock */
	bool in_break;			/* lock: a break is to come out of the FIFO */
	bool claimed;			/* by somebody who polls it; set at boot */
	const struct serial_ops *ops;	/* set by serial_open(), before its interrupt is on */
	spinlock_t lock;		/* the registers' order; irqs off */
};

static struct uart uarts[] = {
	{.base = 0x3f8, .isa_irq = 4, .lock = __SPIN_LOCK_UNLOCKED(uarts.lock)},
	{.base = 0x2f8, .isa_irq = 3, .lock = __SPIN_LOCK_UNLOCKED(uarts.lock)},
};

static struct uart *uart_get(unsigned int port)
{
	struct uart *u;

	if (port >= ARRAY_SIZE(uarts))
		return NULL;
	u = &uarts[port];
	if (!u->probed) {
		outb(u->base + UART_SCR, 0x5a);
		u->present = inb(u->base + UART_SCR) == 0x5a;
		u->probed = true;
		if (u->present) {
			outb(u->base + UART_IER, 0);
			outb(u->base + UART_LCR, 0x80);		/* divisor latch: 115200 */
			outb(u->base + UART_DATA, 1);
			outb(u->base + UART_IER, 0);
			outb(u->base + UART_LCR, 0x03);		/* 8N1 */
			outb(u->base + UART_IIR, 0x07);		/* FIFOs on, emptied, interrupt at every byte */
			outb(u->base + UART_MCR, 0x0b);		/* DTR, RTS, OUT2 (gates the interrupt) */
		}
	}
	return u->present ? u : NULL;
}

static void uart_irq(struct uart *u)
{
	unsigned char buf[FIFO_SIZE];
	unsigned int n, breaks;
	unsigned long flags;
	bool room;
	u8 lsr;

	if (!u->ops)
		return;
	do {
		n = breaks = 0;
		spin_lock_irqsave(&u->lock, flags);
		while (n < sizeof(buf) && !breaks && ((lsr = inb(u->base + UART_LSR)) & LSR_READY)) {
			unsigned char c = inb(u->base + UART_DATA);

			/* A break is read as 0; what reports it (QEMU) may have bytes before it still in the FIFO. */
			u->in_break |= (lsr & LSR_BREAK) != 0;
			if (u->in_break && !c) {
				u->in_break = false;
				breaks++;
			} else {
				buf[n++] = c;
			}
		}
		room = (u->ier & IER_TX) && (inb(u->base + UART_LSR) & LSR_THRE);
		spin_unlock_irqrestore(&u->lock, flags);
		if (n || breaks)
			u->ops->rx(buf, n, breaks);
	} while (n == sizeof(buf) || breaks);
	if (room)
		u->ops->tx_ready();
}

static void com1_irq(void)
{
	uart_irq(&uarts[0]);
}

static void com2_irq(void)
{
	uart_irq(&uarts[1]);
}

int serial_open(unsigned int port, const struct serial_ops *ops)
{
	struct uart *u = uart_get(port);
	unsigned long flags;
	int err;

	if (!u)
		return -ENODEV;
	if (u->claimed)
		return -EBUSY;
	u->ops = ops;
	err = irq_route_isa(u->isa_irq, port ? com2_irq : com1_irq);
	if (err)
		return err;
	spin_lock_irqsave(&u->lock, flags);
	u->ier |= IER_RX | IER_LINE;
	outb(u->base + UART_IER, u->ier);
	spin_unlock_irqrestore(&u->lock, flags);
	return 0;
}

int serial_claim(unsigned int port)
{
	struct uart *u = uart_get(port);

	if (!u)
		return -ENODEV;
	if (u->claimed || u->ops)
		return -EBUSY;
	u->claimed = true;
	return u->base;
}

unsigned int serial_isa_irq(unsigned int port)
{
	return uarts[port].isa_irq;
}

unsigned int serial_write(unsigned int port, const unsigned char *buf, unsigned int len)
{
	struct uart *u = uart_get(port);
	unsigned int n = 0;
	unsigned long flags;

	if (!u)
		return len;
	spin_lock_irqsave(&u->lock, flags);
	if (inb(u->base + UART_LSR) & LSR_THRE)
		for (; n < len && n < FIFO_SIZE; n++)
			outb(u->base + UART_DATA, buf[n]);
	spin_unlock_irqrestore(&u->lock, flags);
	return n;
}

/* No lock: a panic may come while it is held. */
void serial_write_sync(unsigned int port, const char *buf, unsigned int len)
{
	struct uart *u = uart_get(port);
	unsigned int i, spins;

	if (!u)
		return;
	for (i = 0; i < len; i++) {
		if (i % FIFO_SIZE == 0)
			for (spins = 0; spins < 1000000 && !(inb(u->base + UART_LSR) & LSR_THRE); spins++)
				cpu_relax();
		outb(u->base + UART_DATA, buf[i]);
	}
}

void serial_tx_irq(unsigned int port, bool on)
{
	struct uart *u = uart_get(port);
	unsigned long flags;

	if (!u)
		return;
	spin_lock_irqsave(&u->lock, flags);
	u->ier = on ? u->ier | IER_TX : u->ier & ~IER_TX;
	outb(u->base + UART_IER, u->ier);
	spin_unlock_irqrestore(&u->lock, flags);
}

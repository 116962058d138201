/* SPDX-License-Identifier: BSD-2-Clause */
/* Shim for futexes: what is done under the lock of a chain, each chain looked up once. */
#include "wrapper.h"

/* Wakes up to `count` waiters that have a bit in common with `mask`; how many. */
int
lrs_futex_wake(struct umtx_key *key, int count, u_int mask)
{
	struct umtxq_chain *chain = umtxq_getchain(key);
	int woken;

	mtx_lock(&chain->uc_lock);
	woken = umtxq_signal_mask(key, count, mask);
	mtx_unlock(&chain->uc_lock);
	return (woken);
}

/* The chain of a queued waiter, which another thread may be giving a new key; locked. */
static struct umtxq_chain *
lock_queued(struct umtx_q *uq)
{
	struct umtxq_chain *chain;

	for (;;) {
		chain = umtxq_getchain(&uq->uq_key);
		mtx_lock(&chain->uc_lock);
		if (__predict_true(umtxq_getchain(&uq->uq_key) == chain))
			return (chain);
		mtx_unlock(&chain->uc_lock);
	}
}

void
lrs_umtxq_lock_queued(struct umtx_q *uq)
{
	(void)lock_queued(uq);
}

/* The word, without faulting. */
static int
peek(const void *addr, uint32_t *value)
{
	int error, saved;

	saved = vm_fault_disable_pagefaults();
	error = fueword32(addr, value);
	vm_fault_enable_pagefaults(saved);
	return (error);
}

/*
 * The end of a timeout on the clock that sleeps are measured by; 0 for one that nobody
 * sees.  ETIMEDOUT for one long ago.
 */
static int
end_of(const struct umtx_abs_timeout *timeout, sbintime_t *end)
{
	struct bintime at, boot;

	timespec2bintime(&timeout->end, &at);
	if (timeout->clockid == CLOCK_REALTIME) {
		getboottimebin(&boot);
		bintime_sub(&at, &boot);
	}
	if (at.sec < 0)
		return (ETIMEDOUT);
	*end = at.sec >= SBT_MAX >> 32 ? 0 : MAX(bttosbt(at), 1);
	return (0);
}

/*
 * Sleeps until woken, in a chain that is locked before and, as the one it is in then,
 * after.  Not umtxq_sleep(): there a waiter that is moved to another chain, while it comes
 * back by itself, holds the lock of the first and lets go of that of the second.
 */
static int
sleep_queued(struct umtx_q *uq, struct umtxq_chain **chain,
    const struct umtx_abs_timeout *timeout)
{
	sbintime_t end = 0;
	int error;

	do {
		if (timeout != NULL) {
			/* A clock that is set wakes who sleeps until a moment of it. */
			if (timeout->is_abs_real)
				curthread->td_rtcgen =
				    atomic_load_acq_int(&rtc_generation);
			error = end_of(timeout, &end);
			if (error != 0)
				break;
		}
		error = msleep_sbt(uq, &(*chain)->uc_lock, PCATCH | PDROP,
		    "futex", end, 0, end != 0 ? C_ABSOLUTE : 0);
		*chain = lock_queued(uq);
		if (error == EWOULDBLOCK)
			error = ETIMEDOUT;
	} while (error == 0 && (uq->uq_flags & UQF_UMTXQ) != 0);
	if (timeout != NULL)
		curthread->td_rtcgen = 0;
	return (error);
}

/*
 * Waits in `uq`, whose key and bits are set, if the word has the value expected: looked
 * at under the lock, so that nobody who changes it and then wakes is missed.  EAGAIN for
 * another value, EFAULT, ETIMEDOUT, EINTR or ERESTART.
 */
int
lrs_futex_wait(struct umtx_q *uq, const void *addr, uint32_t expected,
    struct umtx_abs_timeout *timeout)
{
	struct umtxq_chain *chain = umtxq_getchain(&uq->uq_key);
	uint32_t value;
	int error;

	mtx_lock(&chain->uc_lock);
	while (__predict_false(peek(addr, &value) != 0)) {
		mtx_unlock(&chain->uc_lock);
		if (fueword32(addr, &value) != 0)
			return (EFAULT);
		mtx_lock(&chain->uc_lock);
	}
	if (value != expected) {
		mtx_unlock(&chain->uc_lock);
		return (EAGAIN);
	}
	umtxq_insert_queue(uq, UMTX_SHARED_QUEUE);
	error = sleep_queued(uq, &chain, timeout);
	if (__predict_true((uq->uq_flags & UQF_UMTXQ) == 0))
		error = 0;
	else
		umtxq_remove_queue(uq, UMTX_SHARED_QUEUE);
	mtx_unlock(&chain->uc_lock);
	return (error);
}

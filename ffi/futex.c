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
	if (timeout == NULL) {
		do {
			error = msleep(uq, &chain->uc_lock, PCATCH | PDROP,
			    "futex", 0);
			chain = lock_queued(uq);
		} while (error == 0 && (uq->uq_flags & UQF_UMTXQ) != 0);
	} else {
		error = umtxq_sleep(uq, "futex", timeout);
		chain = umtxq_getchain(&uq->uq_key);
	}
	if (__predict_true((uq->uq_flags & UQF_UMTXQ) == 0))
		error = 0;
	else
		umtxq_remove_queue(uq, UMTX_SHARED_QUEUE);
	mtx_unlock(&chain->uc_lock);
	return (error);
}

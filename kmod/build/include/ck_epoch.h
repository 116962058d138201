/* SPDX-License-Identifier: BSD-2-Clause */
/* As ck_queue.h beside it: what struct epoch_tracker of sys/epoch.h holds. */
#ifndef CK_EPOCH_H
#define	CK_EPOCH_H

struct ck_epoch_section {
	unsigned int		bucket;
};
typedef struct ck_epoch_section ck_epoch_section_t;

#endif

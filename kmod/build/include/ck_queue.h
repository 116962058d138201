/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands in for Concurrency Kit's header of this name (sys/contrib/ck/include), which an
 * installed include tree lacks: the layouts that kernel headers need, and none of the
 * operations. On FreeBSD the real one is used.
 */
#ifndef CK_QUEUE_H
#define	CK_QUEUE_H

#define	CK_SLIST_HEAD(name, type)	struct name { struct type *cslh_first; }
#define	CK_SLIST_ENTRY(type)		struct { struct type *csle_next; }
#define	CK_LIST_HEAD(name, type)	struct name { struct type *clh_first; }
#define	CK_LIST_ENTRY(type)						\
	struct { struct type *cle_next; struct type **cle_prev; }
#define	CK_STAILQ_HEAD(name, type)					\
	struct name { struct type *cstqh_first; struct type **cstqh_last; }
#define	CK_STAILQ_ENTRY(type)		struct { struct type *cstqe_next; }

#endif

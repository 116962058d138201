/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver as those of sys/dev that know Linux's ioctl(2) commands: registers handlers and a
 * device with whatever provides linux_common, and takes them back when it is unloaded.
 * tests/linux/driver.c is its program.
 */
#include "wrapper.h"
#include <sys/bus.h>
#include <sys/conf.h>

/* compat/linux/linux_ioctl.h and linux_util.h, which are not installed. */
struct linux_ioctl_args {
	uint64_t fd, cmd, arg;
};
struct linux_ioctl_handler {
	int	(*func)(struct thread *, struct linux_ioctl_args *);
	int	low, high;
};
int	linux_ioctl_register_handler(struct linux_ioctl_handler *);
int	linux_ioctl_unregister_handler(struct linux_ioctl_handler *);

struct linux_device_handler {
	char	*bsd_driver_name;
	char	*linux_driver_name;
	char	*bsd_device_name;
	char	*linux_device_name;
	int	linux_major;
	int	linux_minor;
	int	linux_char_device;
};
int	linux_device_register_handler(struct linux_device_handler *);
int	linux_device_unregister_handler(struct linux_device_handler *);

static int
wide(struct thread *td, struct linux_ioctl_args *args)
{
	int value;

	switch (args->cmd & 0xffff) {
	case 0x7a01:			/* answers a number */
		td->td_retval[0] = 42;
		return (0);
	case 0x7a02:			/* doubles an int */
		if (copyin((void *)args->arg, &value, sizeof(value)) != 0)
			return (EFAULT);
		value *= 2;
		return (copyout(&value, (void *)args->arg, sizeof(value)));
	case 0x7a03:
		return (EBUSY);
	case 0x7a04:			/* takes its time */
		pause("lrstst", hz);
		td->td_retval[0] = 7;
		return (0);
	default:
		return (ENOIOCTL);
	}
}

/* One number of wide's range, and one of those every kernel has. */
static int
narrow(struct thread *td, struct linux_ioctl_args *args)
{
	td->td_retval[0] = 5;
	return (args->arg == 1 ? ENOIOCTL : 0);
}

static int
narrow_tty(struct thread *td, struct linux_ioctl_args *args)
{
	td->td_retval[0] = 6;
	return (args->arg == 1 ? 0 : ENOIOCTL);
}

static struct linux_ioctl_handler wide_handler = { wide, 0x7a00, 0x7a0f };
static struct linux_ioctl_handler narrow_handler = { narrow, 0x7a01, 0x7a01 };
static struct linux_ioctl_handler tty_handler = { narrow_tty, 0x5410, 0x5410 };
static struct linux_device_handler device_handler = {
	__DECONST(char *, "lrstest"), __DECONST(char *, "lrstest"),
	__DECONST(char *, "lrstest0"), __DECONST(char *, "lrstest"), -1, 7, 1
};

#define	REGISTER(kind, handler)						\
	SYSINIT(handler##_in, SI_SUB_KLD, SI_ORDER_MIDDLE,		\
	    (sysinit_cfunc_t)linux_##kind##_register_handler, &handler);	\
	SYSUNINIT(handler##_out, SI_SUB_KLD, SI_ORDER_MIDDLE,		\
	    (sysinit_cfunc_t)linux_##kind##_unregister_handler, &handler)

REGISTER(ioctl, wide_handler);
REGISTER(ioctl, narrow_handler);
REGISTER(ioctl, tty_handler);
REGISTER(device, device_handler);

static struct cdevsw lrstest_cdevsw = { .d_version = D_VERSION, .d_name = "lrstest" };
static struct cdev *lrstest_dev;

static int
lrs_driver_event(module_t mod __unused, int what, void *arg __unused)
{
	switch (what) {
	case MOD_LOAD:
		lrstest_dev = make_dev(&lrstest_cdevsw, 0, UID_ROOT, GID_WHEEL, 0600, "lrstest0");
		return (0);
	case MOD_UNLOAD:
		destroy_dev(lrstest_dev);
		return (0);
	default:
		return (EOPNOTSUPP);
	}
}

static moduledata_t lrs_driver_mod = { "lrs_driver", lrs_driver_event, NULL };
DECLARE_MODULE(lrs_driver, lrs_driver_mod, SI_SUB_DRIVERS, SI_ORDER_ANY);
MODULE_VERSION(lrs_driver, 1);
MODULE_DEPEND(lrs_driver, linux_common, 1, 1, 1);

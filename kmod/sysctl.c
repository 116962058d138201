/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The compat.linux sysctls and jail parameters, under the names linux64.ko has
 * them; linker sets are C by nature. Plain values live here, handlers are in
 * Rust (kmod/kpi/src/jail.rs), and so is what the values mean.
 */
#include "wrapper.h"

int	linux_rs_debug = 3;
int	linux_rs_default_openfiles = 1024;
int	linux_rs_default_stacksize = 8 * 1024 * 1024;
int	linux_rs_dummy_rlimits = 0;
int	linux_rs_ignore_ip_recverr = 1;
int	linux_rs_preserve_vstatus = 1;
bool	linux_rs_map_sched_prio = true;
bool	linux_rs_setid_allowed_flag = true;
bool	linux_rs_keepcaps = false;
int	linux_rs_use_real_ifnames = 0;
char	linux_rs_emul_path[MAXPATHLEN] = "/compat/linux";
unsigned int linux_rs_emul_path_set;	/* how often it was */
unsigned long linux_rs_unimplemented;

int	linux_rs_sysctl_osname(SYSCTL_HANDLER_ARGS);
int	linux_rs_sysctl_osrelease(SYSCTL_HANDLER_ARGS);
int	linux_rs_sysctl_oss_version(SYSCTL_HANDLER_ARGS);

SYSCTL_DECL(_compat);
SYSCTL_NODE(_compat, OID_AUTO, linux, CTLFLAG_RW | CTLFLAG_MPSAFE, 0,
    "Linux mode");

SYSCTL_INT(_compat_linux, OID_AUTO, debug, CTLFLAG_RWTUN,
    &linux_rs_debug, 0,
    "Log gaps: 0 never, 1 and 2 once a process, 3 and above every use");
SYSCTL_INT(_compat_linux, OID_AUTO, default_openfiles, CTLFLAG_RWTUN,
    &linux_rs_default_openfiles, 0,
    "Default soft openfiles resource limit, or -1 for unlimited");
SYSCTL_INT(_compat_linux, OID_AUTO, default_stacksize, CTLFLAG_RWTUN,
    &linux_rs_default_stacksize, 0,
    "Default soft stack size resource limit, or -1 for unlimited");
SYSCTL_INT(_compat_linux, OID_AUTO, dummy_rlimits, CTLFLAG_RWTUN,
    &linux_rs_dummy_rlimits, 0,
    "Resource limits only Linux has read as unlimited instead of as Linux's defaults");
SYSCTL_INT(_compat_linux, OID_AUTO, ignore_ip_recverr, CTLFLAG_RWTUN,
    &linux_rs_ignore_ip_recverr, 0, "Ignore enabling IP_RECVERR");
SYSCTL_INT(_compat_linux, OID_AUTO, preserve_vstatus, CTLFLAG_RWTUN,
    &linux_rs_preserve_vstatus, 0, "Preserve VSTATUS termios(4) flag");
SYSCTL_BOOL(_compat_linux, OID_AUTO, map_sched_prio, CTLFLAG_RDTUN,
    &linux_rs_map_sched_prio, 0,
    "Map real-time priorities to Linux's range, 1 to 99");
SYSCTL_BOOL(_compat_linux, OID_AUTO, setid_allowed, CTLFLAG_RWTUN,
    &linux_rs_setid_allowed_flag, 0,
    "Allow setuid/setgid on execve of Linux binary");
SYSCTL_BOOL(_compat_linux, OID_AUTO, keepcaps, CTLFLAG_RWTUN,
    &linux_rs_keepcaps, 0,
    "Ambient capabilities count in programs of users that cannot be root again");
SYSCTL_INT(_compat_linux, OID_AUTO, use_real_ifnames, CTLFLAG_RWTUN,
    &linux_rs_use_real_ifnames, 0,
    "Show FreeBSD interface names instead of eth0, eth1, ...");

static int
linux_rs_sysctl_emul_path(SYSCTL_HANDLER_ARGS)
{
	int error;

	error = sysctl_handle_string(oidp, arg1, arg2, req);
	if (error == 0 && req->newptr != NULL)
		atomic_add_int(&linux_rs_emul_path_set, 1);
	return (error);
}
SYSCTL_PROC(_compat_linux, OID_AUTO, emul_path,
    CTLTYPE_STRING | CTLFLAG_RWTUN | CTLFLAG_MPSAFE,
    linux_rs_emul_path, sizeof(linux_rs_emul_path),
    linux_rs_sysctl_emul_path, "A", "Linux runtime environment path");
SYSCTL_ULONG(_compat_linux, OID_AUTO, unimplemented, CTLFLAG_RD | CTLFLAG_STATS,
    &linux_rs_unimplemented, 0,
    "System calls without a handler that were called since load");

SYSCTL_PROC(_compat_linux, OID_AUTO, osname,
    CTLTYPE_STRING | CTLFLAG_RW | CTLFLAG_PRISON | CTLFLAG_MPSAFE,
    NULL, 0, linux_rs_sysctl_osname, "A", "Linux kernel OS name");
SYSCTL_PROC(_compat_linux, OID_AUTO, osrelease,
    CTLTYPE_STRING | CTLFLAG_RW | CTLFLAG_PRISON | CTLFLAG_MPSAFE,
    NULL, 0, linux_rs_sysctl_osrelease, "A", "Linux kernel OS release");
SYSCTL_PROC(_compat_linux, OID_AUTO, oss_version,
    CTLTYPE_INT | CTLFLAG_RW | CTLFLAG_PRISON | CTLFLAG_MPSAFE,
    NULL, 0, linux_rs_sysctl_oss_version, "I", "Linux OSS version");

SYSCTL_JAIL_PARAM_SYS_NODE(linux, CTLFLAG_RW, "Jail Linux parameters");
SYSCTL_JAIL_PARAM_STRING(_linux, osname, CTLFLAG_RW, 65,
    "Jail Linux kernel OS name");
SYSCTL_JAIL_PARAM_STRING(_linux, osrelease, CTLFLAG_RW, 65,
    "Jail Linux kernel OS release");
SYSCTL_JAIL_PARAM(_linux, oss_version, CTLTYPE_INT | CTLFLAG_RW,
    "I", "Jail Linux OSS version");

// SPDX-License-Identifier: BSD-2-Clause
// ioctl(2): what each class of commands says of files that are not its own, addresses that are not the
// program's, and memory that is told. Prints TAP.
#include "tap.h"
#include <fcntl.h>
#include <linux/cdrom.h>
#include <linux/fs.h>
#include <linux/hdreg.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/input.h>
#include <linux/kd.h>
#include <linux/loop.h>
#include <linux/sockios.h>
#include <linux/soundcard.h>
#include <linux/videodev2.h>
#include <linux/vt.h>
#include <netinet/in.h>
#include <pty.h>
#include <scsi/sg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

#define KERNEL ((void *)0xffffffff80000000UL)
#define HIGH ((void *)0x8000000000000000UL)

static const struct command {
	unsigned long number;
	const char *name;
} commands[] = {
#define C(x) {x, #x}
	C(BLKGETSIZE64), C(BLKGETSIZE), C(BLKSSZGET), C(BLKPBSZGET), C(BLKBSZGET), C(BLKROGET), C(BLKFLSBUF),
	C(BLKDISCARD), C(BLKIOMIN), C(BLKALIGNOFF), C(HDIO_GETGEO), C(HDIO_GET_IDENTITY), C(CDROMREADTOCHDR),
	C(CDROMREADTOCENTRY), C(CDROMEJECT), C(CDROMSTART), C(CDROMPLAYMSF), C(CDROMSUBCHNL), C(CDROM_GET_CAPABILITY),
	C(SG_IO), C(SG_GET_VERSION_NUM), C(LOOP_SET_FD), C(LOOP_GET_STATUS64), C(LOOP_CTL_GET_FREE), C(TUNSETIFF),
	C(TUNGETFEATURES), C(EVIOCGVERSION), C(EVIOCGID), C(EVIOCGNAME(64)), C(EVIOCGBIT(0, 32)), C(EVIOCGRAB),
	C(EVIOCGABS(0)), C(VIDIOC_QUERYCAP), C(VIDIOC_G_FMT), C(VIDIOC_QUERYBUF), C(SNDCTL_DSP_RESET),
	C(SNDCTL_DSP_SPEED), C(SNDCTL_DSP_GETOSPACE), C(SOUND_MIXER_READ_VOLUME), C(OSS_GETVERSION), C(KDGETMODE),
	C(KDSETMODE), C(KDGKBMODE), C(KDGKBTYPE), C(VT_OPENQRY), C(VT_GETMODE), C(VT_GETSTATE), C(VT_ACTIVATE),
	{0xc0406400, "DRM_IOCTL_VERSION"}, {0xc0484e41, "NVME_IOCTL_ADMIN_CMD"}, {0x4e40, "NVME_IOCTL_ID"},
	{0x82187201, "VFAT_IOCTL_READDIR_BOTH"}, {0xc0185500, "USBDEVFS_CONTROL"}, {0x802c550a, "USBDEVFS_SUBMITURB"},
	{0x6364, "KCOV_ENABLE"}, {0x80086301, "KCOV_INIT_TRACE"}, {0x12345678, "nothing"}, {0xffffffff, "ones"},
	{0xbfff4506, "EVIOCGNAME of the largest size"}, {0x80004506, "EVIOCGNAME of no size"},
};

static void wrong_files(void)
{
	int p[2], s = socket(AF_UNIX, SOCK_STREAM, 0), null = open("/dev/null", O_RDWR);
	int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	if (file < 0)
		file = memfd_create("file", 0);
	pipe(p);
	void *at[] = {NULL, KERNEL, HIGH, (void *)1, mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)};
	struct {
		int fd;
		const char *what;
	} files[] = {{p[0], "a pipe"}, {null, "/dev/null"}, {file, "a file"}, {s, "a local socket"}};
	for (unsigned f = 0; f < 4; f++) {
		int wrong = 0;
		for (unsigned c = 0; c < sizeof(commands) / sizeof(*commands); c++) {
			for (unsigned a = 0; a < 5; a++) {
				errno = 0;
				int r = ioctl(files[f].fd, commands[c].number, at[a]);
				// Before a device could say so, what it should read may be found missing.
				int faults = a < 4 && commands[c].number & 0x40000000;
				if (r != -1 || (errno != ENOTTY && !(faults && errno == EFAULT) && !(f == 3 && errno == EOPNOTSUPP))) {
					printf("# %s of %s with %p: %d, errno %d\n", commands[c].name, files[f].what, at[a], r, errno);
					wrong++;
				}
			}
		}
		OK(wrong == 0);
	}
	FAILS(ioctl(-1, BLKGETSIZE64, KERNEL), EBADF);
	FAILS(ioctl(12345, 0xdeadbeef, KERNEL), EBADF);
	close(p[0]), close(p[1]), close(s), close(null), close(file);
}

// What a command stores, byte by byte: all of what it should, nothing beyond.
static void told(int fd, unsigned long command, const char *name, void *arg, size_t given, size_t size)
{
	unsigned char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(page + 4096, 4096, PROT_NONE);
	unsigned char first[256], *end = page + 4096 - size;
	memset(page, 0xa5, 4096);
	memcpy(end, arg, given);
	int r = ioctl(fd, command, end);
	memcpy(first, end, size);
	int before = 0;
	for (unsigned char *at = page; at < end; at++)
		before += *at != 0xa5;
	memset(page, 0x5a, 4096);
	memcpy(end, arg, given);
	r |= ioctl(fd, command, end);
	// The same again, whatever was there: so nothing is from a stack.
	int same = memcmp(first, end, size) == 0;
	if (r != 0 || before || !same)
		printf("# %s: %d errno %d, %d bytes before, %s\n", name, r, errno, before, same ? "same" : "different");
	OK(r == 0 && before == 0 && same);
	// Short by one byte.
	if (size > given)
		FAILS(ioctl(fd, command, end + 1), EFAULT);
	FAILS(ioctl(fd, command, KERNEL), EFAULT);
	FAILS(ioctl(fd, command, HIGH), EFAULT);
	FAILS(ioctl(fd, command, NULL), EFAULT);
	munmap(page, 8192);
}
#define TOLD(fd, command, arg, given, size) told(fd, command, #command, arg, given, size)

static void answers(void)
{
	int master, slave, s = socket(AF_INET, SOCK_DGRAM, 0), p[2];
	if (openpty(&master, &slave, NULL, NULL, NULL) == 0) {
		TOLD(slave, TCGETS, "", 0, 36);
		TOLD(slave, 0x802c542a /* TCGETS2 */, "", 0, 44);
		TOLD(slave, TIOCGWINSZ, "", 0, 8);
		TOLD(slave, FIONREAD, "", 0, 4);
		TOLD(slave, TIOCOUTQ, "", 0, 4);
		TOLD(slave, TIOCGETD, "", 0, 4);
		TOLD(master, TIOCGPTN, "", 0, 4);
		FAILS(ioctl(slave, TCSETS, KERNEL), EFAULT);
		FAILS(ioctl(slave, TCSETSW, HIGH), EFAULT);
		FAILS(ioctl(slave, TIOCSWINSZ, KERNEL), EFAULT);
		FAILS(ioctl(slave, TIOCSETD, NULL), EFAULT);
		FAILS(ioctl(slave, TIOCGPTN, KERNEL), ENOTTY);
		close(master), close(slave);
	}
	pipe(p);
	TOLD(p[0], FIONREAD, "", 0, 4);
	FAILS(ioctl(p[0], FIONBIO, KERNEL), EFAULT);
	if (s >= 0) {
		struct ifreq lo = {.ifr_name = "lo"};
		TOLD(s, SIOCINQ, "", 0, 4);
		TOLD(s, SIOCOUTQ, "", 0, 4);
		TOLD(s, SIOCGIFINDEX, &lo, 40, 40);
		TOLD(s, SIOCGIFFLAGS, &lo, 40, 40);
		TOLD(s, SIOCGIFMTU, &lo, 40, 40);
		TOLD(s, SIOCGIFHWADDR, &lo, 40, 40);
		TOLD(s, SIOCGIFTXQLEN, &lo, 40, 40);
		TOLD(s, SIOCGIFMAP, &lo, 40, 40);
		FAILS(ioctl(s, SIOCGIFCONF, KERNEL), EFAULT);
		FAILS(ioctl(s, SIOCSIFMTU, KERNEL), EFAULT);
		FAILS(ioctl(s, SIOCSIFADDR, HIGH), EFAULT);
		struct ifreq ifr = {.ifr_name = "nothing0"};
		FAILS(ioctl(s, SIOCGIFMAP, &ifr), ENODEV);
		FAILS(ioctl(s, SIOCSIFFLAGS, &ifr), ENODEV);
		memset(ifr.ifr_name, 'x', sizeof(ifr.ifr_name));
		FAILS(ioctl(s, SIOCGIFINDEX, &ifr), ENODEV);
		struct ifconf conf = {.ifc_len = -1, .ifc_buf = (char *)&ifr};
		OK(ioctl(s, SIOCGIFCONF, &conf) == 0 && conf.ifc_len == 0);
		conf.ifc_len = 4096, conf.ifc_buf = KERNEL;
		FAILS(ioctl(s, SIOCGIFCONF, &conf), EFAULT);
		close(s);
	}
	close(p[0]), close(p[1]);
}

int main(void)
{
	alarm(60);
	wrong_files();
	answers();
	return tap_end();
}

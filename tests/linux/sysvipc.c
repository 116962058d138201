// SPDX-License-Identifier: BSD-2-Clause
// System V IPC, from semget(2), semop(2), semctl(2), shmget(2), shmop(2), shmctl(2), msgget(2), msgop(2),
// msgctl(2). Prints TAP. Nothing is asked for beyond FreeBSD's limits as they are without loader.conf(5).
#include "tap.h"
#include <signal.h>
#include <sys/auxv.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20
#endif
#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif
#ifndef MSG_STAT_ANY
#define MSG_STAT_ANY 13
#endif
#define BAD ((void *)1L)
#define KERNEL ((void *)0xffffffff80000000UL)

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *info;
};

static int sem, shm, msg;

static void cleanup(void)
{
	semctl(sem, 0, IPC_RMID);
	shmctl(shm, IPC_RMID, NULL);
	msgctl(msg, IPC_RMID, NULL);
}

static key_t key(void)
{
	return 0x4c520000 ^ (getpid() << 8 & 0xffff00);
}

static int op(int set, int number, int by, int flags)
{
	struct sembuf b = {.sem_num = number, .sem_op = by, .sem_flg = flags};
	return semop(set, &b, 1);
}

static int child(int (*body)(void))
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(body());
	int status = -1;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int undoes(void)
{
	return op(sem, 0, 3, SEM_UNDO) == 0 && semctl(sem, 0, GETVAL) == 8 ? 0 : 1;
}

static int as_nobody_sem(void)
{
	if (setuid(65534) != 0)
		return 2;
	struct semid_ds ds;
	union semun u = {.buf = &ds};
	if (semctl(sem, 0, IPC_STAT, u) != -1 || errno != EACCES)
		return 3;
	if (semctl(sem, 0, GETVAL) != -1 || errno != EACCES)
		return 4;
	if (op(sem, 0, 1, 0) != -1 || errno != EACCES)
		return 5;
	if (semctl(sem, 0, IPC_RMID) != -1 || errno != EPERM)
		return 6;
	return 0;
}

static void on_alarm(int s)
{
	(void)s;
}

static void semaphores(void)
{
	struct semid_ds ds;
	struct seminfo info;
	unsigned short values[4] = {1, 2, 3, 4}, got[4] = {0};
	union semun u = {.array = values};

	FAILS(semget(key(), 1, 0), ENOENT);
	FAILS(semget(IPC_PRIVATE, -1, 0600), EINVAL);
	FAILS(semget(IPC_PRIVATE, 0, 0600), EINVAL);
	FAILS(semget(IPC_PRIVATE, 32001, 0600), EINVAL);
	OK((sem = semget(key(), 4, IPC_CREAT | IPC_EXCL | 0640)) >= 0);
	FAILS(semget(key(), 4, IPC_CREAT | IPC_EXCL | 0640), EEXIST);
	FAILS(semget(key(), 5, 0), EINVAL);
	OK(semget(key(), 0, 0) == sem);
	OK(semget(key(), 4, IPC_CREAT) == sem);
	OK(semctl(sem, 0, SETALL, u) == 0);
	u.array = got;
	OK(semctl(sem, 0, GETALL, u) == 0 && memcmp(got, values, sizeof(got)) == 0);
	OK(semctl(sem, 2, GETVAL) == 3);
	u.val = 5;
	OK(semctl(sem, 0, SETVAL, u) == 0 && semctl(sem, 0, GETVAL) == 5);
	u.val = -1;
	FAILS(semctl(sem, 0, SETVAL, u), ERANGE);
	u.val = 32768;
	FAILS(semctl(sem, 0, SETVAL, u), ERANGE);
	u.val = 1;
	FAILS(semctl(sem, 4, SETVAL, u), EINVAL);
	FAILS(semctl(sem, -1, GETVAL), EINVAL);
	FAILS(semctl(sem, 0, 99), EINVAL);
	FAILS(semctl(-1, 0, GETVAL), EINVAL);
	u.array = BAD;
	FAILS(semctl(sem, 0, GETALL, u), EFAULT);
	FAILS(semctl(sem, 0, SETALL, u), EFAULT);
	u.array = KERNEL;
	FAILS(semctl(sem, 0, GETALL, u), EFAULT);
	u.buf = KERNEL;
	FAILS(semctl(sem, 0, IPC_STAT, u), EFAULT);
	FAILS(semctl(sem, 0, IPC_SET, u), EFAULT);

	OK(op(sem, 0, -2, 0) == 0 && semctl(sem, 0, GETVAL) == 3);
	OK(semctl(sem, 0, GETPID) == getpid());
	OK(semctl(sem, 0, GETNCNT) == 0);
	OK(semctl(sem, 0, GETZCNT) == 0);
	FAILS(op(sem, 0, -4, IPC_NOWAIT), EAGAIN);
	FAILS(op(sem, 0, 0, IPC_NOWAIT), EAGAIN);
	FAILS(op(sem, 4, 1, 0), EFBIG);
	FAILS(op(sem, 0, 32767, 0), ERANGE);
	FAILS(op(-1, 0, 1, 0), EINVAL);
	FAILS(semop(sem, BAD, 1), EFAULT);
	FAILS(semop(sem, KERNEL, 1), EFAULT);
	struct sembuf none[1] = {{0}};
	FAILS(semop(sem, none, 0), EINVAL);
	FAILS(semop(sem, none, 501), E2BIG);
	struct sembuf both[2] = {{.sem_num = 0, .sem_op = 5}, {.sem_num = 1, .sem_op = -100, .sem_flg = IPC_NOWAIT}};
	FAILS(semop(sem, both, 2), EAGAIN);
	OK(semctl(sem, 0, GETVAL) == 3);
	u.val = 5;
	OK(semctl(sem, 0, SETVAL, u) == 0);
	OK(child(undoes) == 0 && semctl(sem, 0, GETVAL) == 5);

	struct timespec t = {0, 20000000};
	struct sembuf wait = {.sem_num = 0, .sem_op = -30};
	FAILS(semtimedop(sem, &wait, 1, &t), EAGAIN);
	t = (struct timespec){0, 0};
	FAILS(semtimedop(sem, &wait, 1, &t), EAGAIN);
	t = (struct timespec){0, 1000000000};
	FAILS(semtimedop(sem, &wait, 1, &t), EINVAL);
	t = (struct timespec){-1, 0};
	FAILS(semtimedop(sem, &wait, 1, &t), EINVAL);
	FAILS(semtimedop(sem, &wait, 1, BAD), EFAULT);
	wait.sem_op = -1;
	OK(semtimedop(sem, &wait, 1, NULL) == 0);
	struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = SA_RESTART}, old;
	sigaction(SIGALRM, &sa, &old);
	ualarm(30000, 30000);
	wait.sem_op = -30;
	FAILS(semop(sem, &wait, 1), EINTR);
	ualarm(0, 0);
	sigaction(SIGALRM, &old, NULL);

	// One waits, another gives.
	pid_t pid = fork();
	if (pid == 0)
		_exit(op(sem, 1, -10, 0) != 0);
	for (int i = 0; i < 500 && semctl(sem, 1, GETNCNT) != 1; i++)
		usleep(10000);
	OK(semctl(sem, 1, GETNCNT) == 1);
	OK(op(sem, 1, 8, 0) == 0);
	int status;
	OK(waitpid(pid, &status, 0) == pid && status == 0 && semctl(sem, 1, GETVAL) == 0);
	pid = fork();
	if (pid == 0)
		_exit(op(sem, 2, 0, 0) != 0);
	for (int i = 0; i < 500 && semctl(sem, 2, GETZCNT) != 1; i++)
		usleep(10000);
	OK(semctl(sem, 2, GETZCNT) == 1);
	OK(op(sem, 2, -3, 0) == 0);
	OK(waitpid(pid, &status, 0) == pid && status == 0);

	memset(&ds, 0xa5, sizeof(ds));
	u.buf = &ds;
	OK(semctl(sem, 0, IPC_STAT, u) == 0);
	OK(ds.sem_nsems == 4 && ds.sem_perm.__key == key() && (ds.sem_perm.mode & 07777) == 0640);
	OK(ds.sem_perm.uid == getuid() && ds.sem_perm.cuid == getuid() && ds.sem_perm.gid == getgid());
	OK(ds.sem_otime >= time(NULL) - 100 && ds.sem_ctime >= time(NULL) - 100);
	ds.sem_perm.mode = 0600;
	OK(semctl(sem, 0, IPC_SET, u) == 0);
	OK(semctl(sem, 0, IPC_STAT, u) == 0 && (ds.sem_perm.mode & 0777) == 0600);
	if (getuid() == 0)
		OK(child(as_nobody_sem) == 0);
	else
		SKIP(child(as_nobody_sem) == 0, "not root");
	u.info = &info;
	memset(&info, 0xa5, sizeof(info));
	int last;
	OK((last = semctl(0, 0, IPC_INFO, u)) >= 0);
	OK(info.semmni > 0 && info.semmns > 0 && info.semmsl > 0 && info.semopm > 0 && info.semvmx == 32767);
	OK((last = semctl(0, 0, SEM_INFO, u)) >= 0 && info.semusz >= 1 && info.semaem >= 4);
	int seen = 0;
	for (int i = 0; i <= last; i++) {
		u.buf = &ds;
		seen += semctl(i, 0, SEM_STAT, u) == sem && ds.sem_nsems == 4;
		seen += semctl(i, 0, SEM_STAT_ANY, u) == sem && ds.sem_perm.__key == key();
	}
	OK(seen == 2);
	FAILS(semctl(30000, 0, SEM_STAT, u), EINVAL);

	pid = fork();
	if (pid == 0)
		_exit(op(sem, 3, -1000, 0) == -1 && errno == EIDRM ? 0 : 1);
	for (int i = 0; i < 500 && semctl(sem, 3, GETNCNT) != 1; i++)
		usleep(10000);
	OK(semctl(sem, 0, IPC_RMID) == 0);
	OK(waitpid(pid, &status, 0) == pid && status == 0);
	FAILS(semctl(sem, 0, GETVAL), EINVAL);
	FAILS(op(sem, 0, 1, 0), EINVAL);
}

static int as_nobody_shm(void)
{
	if (setuid(65534) != 0)
		return 2;
	struct shmid_ds ds;
	if (shmctl(shm, IPC_STAT, &ds) != -1 || errno != EACCES)
		return 3;
	if (shmat(shm, NULL, 0) != (void *)-1 || errno != EACCES)
		return 4;
	if (shmat(shm, NULL, SHM_RDONLY) != (void *)-1 || errno != EACCES)
		return 5;
	if (shmctl(shm, IPC_RMID, NULL) != -1 || errno != EPERM)
		return 6;
	return 0;
}

static char *shared;

static int inherits(void)
{
	struct shmid_ds ds;
	if (strcmp(shared, "from the parent") != 0)
		return 1;
	strcpy(shared, "from the child");
	return shmctl(shm, IPC_STAT, &ds) == 0 && ds.shm_nattch == 2 ? 0 : 2;
}

static int detached_by_exec(void)
{
	// What comes after exec has none attached.
	execl((const char *)getauxval(AT_EXECFN), "sysvipc", "attached", NULL);
	return 9;
}

static int segv(void)
{
	signal(SIGSEGV, SIG_DFL);
	char *p = shmat(shm, NULL, SHM_RDONLY);
	if (p == (char *)-1)
		return 1;
	*(volatile char *)p = 1;
	return 2;
}

static void segments(void)
{
	struct shmid_ds ds;
	long page = sysconf(_SC_PAGESIZE);

	FAILS(shmget(key(), 1, 0), ENOENT);
	FAILS(shmget(IPC_PRIVATE, 0, 0600), EINVAL);
	OK((shm = shmget(key(), 3 * page, IPC_CREAT | IPC_EXCL | 0640)) >= 0);
	FAILS(shmget(key(), 3 * page, IPC_CREAT | IPC_EXCL), EEXIST);
	FAILS(shmget(key(), 3 * page + 1, 0), EINVAL);
	OK(shmget(key(), 0, 0) == shm);
	OK(shmget(key(), 3 * page, IPC_CREAT) == shm);
	FAILS((long)shmat(-1, NULL, 0), EINVAL);
	FAILS((long)shmat(shm, (void *)(page * 16 + 1), 0), EINVAL);
	FAILS((long)shmat(shm, NULL, SHM_REMAP), EINVAL);
	FAILS((long)shmat(shm, KERNEL, 0), ENOMEM);
	shared = shmat(shm, NULL, 0);
	OK(shared != (char *)-1 && ((unsigned long)shared & (page - 1)) == 0);
	OK(shared[0] == 0 && shared[3 * page - 1] == 0);
	strcpy(shared, "from the parent");
	OK(child(inherits) == 0 && strcmp(shared, "from the child") == 0);
	char *again = shmat(shm, NULL, SHM_RDONLY);
	OK(again != (char *)-1 && again != shared && strcmp(again, "from the child") == 0);
	memset(&ds, 0xa5, sizeof(ds));
	OK(shmctl(shm, IPC_STAT, &ds) == 0 && ds.shm_nattch == 2);
	OK(ds.shm_segsz == (size_t)(3 * page) && ds.shm_cpid == getpid() && ds.shm_lpid == getpid());
	OK(ds.shm_perm.__key == key() && (ds.shm_perm.mode & 07777) == 0640 && ds.shm_perm.uid == getuid());
	OK(ds.shm_atime >= time(NULL) - 100 && ds.shm_ctime >= time(NULL) - 100);
	OK(child(segv) == 1000 + SIGSEGV);
	OK(child(detached_by_exec) == 0);
	OK(shmdt(again) == 0);
	FAILS(shmdt(again), EINVAL);
	FAILS(shmdt(NULL), EINVAL);
	char *room = mmap(NULL, 8 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FAILS((long)shmat(shm, room, 0), EINVAL);
	OK(shmat(shm, room + page + 5, SHM_RND | SHM_REMAP) == room + page);
	OK(strcmp(room + page, "from the child") == 0 && shmdt(room + page) == 0);
	munmap(room, 8 * page);
	OK(shmat(shm, room, 0) == room && shmdt(room) == 0);
	ds.shm_perm.mode = 0600;
	OK(shmctl(shm, IPC_SET, &ds) == 0);
	OK(shmctl(shm, IPC_STAT, &ds) == 0 && (ds.shm_perm.mode & 07777) == 0600 && ds.shm_nattch == 1);
	if (getuid() == 0)
		OK(child(as_nobody_shm) == 0);
	else
		SKIP(child(as_nobody_shm) == 0, "not root");
	FAILS(shmctl(shm, IPC_STAT, BAD), EFAULT);
	FAILS(shmctl(shm, IPC_STAT, KERNEL), EFAULT);
	FAILS(shmctl(shm, IPC_SET, KERNEL), EFAULT);
	FAILS(shmctl(shm, 99, &ds), EINVAL);
	FAILS(shmctl(-1, IPC_STAT, &ds), EINVAL);
	FAILS(shmctl(shm, -1, &ds), EINVAL);
	OK(shmctl(shm, SHM_UNLOCK, NULL) == 0);
	struct shminfo limits;
	memset(&limits, 0xa5, sizeof(limits));
	OK(shmctl(0, IPC_INFO, (void *)&limits) >= 0);
	OK(limits.shmmax > 0 && limits.shmmin == 1 && limits.shmmni > 0 && limits.shmall > 0);
	struct shm_info usage;
	int last;
	OK((last = shmctl(0, SHM_INFO, (void *)&usage)) >= 0 && usage.used_ids >= 1 && usage.shm_tot >= 3);
	int seen = 0;
	for (int i = 0; i <= last; i++) {
		seen += shmctl(i, SHM_STAT, &ds) == shm && ds.shm_nattch == 1;
		seen += shmctl(i, SHM_STAT_ANY, &ds) == shm && ds.shm_nattch == 1;
	}
	OK(seen == 2);
	FAILS(shmctl(30000, SHM_STAT, &ds), EINVAL);
	OK(shmctl(shm, IPC_RMID, NULL) == 0);
	OK(shmctl(shm, IPC_STAT, &ds) == 0 && (ds.shm_perm.mode & SHM_DEST) && ds.shm_perm.__key == IPC_PRIVATE);
	FAILS(shmget(key(), 1, 0), ENOENT);
	shared[page] = 1;
	OK(shmdt(shared) == 0);
	FAILS(shmctl(shm, IPC_STAT, &ds), EINVAL);
}

struct message {
	long type;
	char text[64];
};

static int put(long type, const char *text, int flags)
{
	struct message m = {.type = type};
	strcpy(m.text, text);
	return msgsnd(msg, &m, strlen(text), flags);
}

static int as_nobody_msg(void)
{
	struct message m;
	struct msqid_ds ds;
	if (setuid(65534) != 0)
		return 2;
	if (put(1, "x", 0) != -1 || errno != EACCES)
		return 3;
	if (msgrcv(msg, &m, 1, 0, IPC_NOWAIT) != -1 || errno != EACCES)
		return 4;
	if (msgctl(msg, IPC_STAT, &ds) != -1 || errno != EACCES)
		return 5;
	if (msgctl(msg, IPC_RMID, NULL) != -1 || errno != EPERM)
		return 6;
	return 0;
}

static void queues(void)
{
	struct msqid_ds ds;
	struct message m;

	FAILS(msgget(key(), 0), ENOENT);
	OK((msg = msgget(key(), IPC_CREAT | IPC_EXCL | 0640)) >= 0);
	FAILS(msgget(key(), IPC_CREAT | IPC_EXCL), EEXIST);
	OK(msgget(key(), 0) == msg);
	FAILS(msgrcv(msg, &m, 64, 0, IPC_NOWAIT), ENOMSG);
	OK(put(3, "three", 0) == 0 && put(1, "one", 0) == 0 && put(2, "two", 0) == 0 && put(1, "", 0) == 0);
	FAILS(put(0, "none", 0), EINVAL);
	FAILS(put(-1, "none", 0), EINVAL);
	FAILS(msgsnd(msg, BAD, 1, 0), EFAULT);
	FAILS(msgsnd(msg, KERNEL, 1, 0), EFAULT);
	m.type = 1;
	FAILS(msgsnd(msg, &m, -1, 0), EINVAL);
	FAILS(msgsnd(msg, &m, 1 << 20, 0), EINVAL);
	FAILS(msgsnd(-1, &m, 1, 0), EINVAL);
	memset(&ds, 0xa5, sizeof(ds));
	OK(msgctl(msg, IPC_STAT, &ds) == 0);
	OK(ds.msg_qnum == 4 && ds.__msg_cbytes == 11 && ds.msg_qbytes >= 2048 && ds.msg_lspid == getpid());
	OK(ds.msg_perm.__key == key() && (ds.msg_perm.mode & 07777) == 0640 && ds.msg_stime >= time(NULL) - 100);
	memset(&m, 0xa5, sizeof(m));
	OK(msgrcv(msg, &m, 64, 2, 0) == 3 && m.type == 2 && memcmp(m.text, "two", 3) == 0);
	OK((unsigned char)m.text[3] == 0xa5);
	FAILS(msgrcv(msg, &m, 4, 0, 0), E2BIG);
	OK(msgrcv(msg, &m, 4, 0, MSG_NOERROR) == 4 && m.type == 3 && memcmp(m.text, "thre", 4) == 0);
	OK(msgrcv(msg, &m, 64, -2, 0) == 3 && m.type == 1);
	FAILS(msgrcv(msg, &m, 64, 7, IPC_NOWAIT), ENOMSG);
	OK(msgrcv(msg, &m, 0, (-0x7fffffffffffffffL - 1), 0) == 0 && m.type == 1);
	FAILS(msgrcv(msg, &m, -1, 0, IPC_NOWAIT), EINVAL);
	FAILS(msgrcv(-1, &m, 1, 0, IPC_NOWAIT), EINVAL);
	OK(put(5, "lost", 0) == 0);
	FAILS(msgrcv(msg, KERNEL, 64, 0, 0), EFAULT);
	FAILS(msgctl(msg, IPC_STAT, BAD), EFAULT);
	FAILS(msgctl(msg, IPC_SET, KERNEL), EFAULT);
	FAILS(msgctl(msg, 99, &ds), EINVAL);
	FAILS(msgctl(-1, IPC_STAT, &ds), EINVAL);
	OK(msgctl(msg, IPC_STAT, &ds) == 0 && ds.msg_qnum == 0 && ds.msg_lrpid == getpid());
	ds.msg_qbytes = 100;
	ds.msg_perm.mode = 0600;
	OK(msgctl(msg, IPC_SET, &ds) == 0);
	OK(msgctl(msg, IPC_STAT, &ds) == 0 && ds.msg_qbytes == 100 && (ds.msg_perm.mode & 0777) == 0600);
	OK(put(1, "12345678901234567890123456789012345678901234567890", 0) == 0);
	OK(put(1, "12345678901234567890123456789012345678901234567890", 0) == 0);
	FAILS(put(1, "1", IPC_NOWAIT), EAGAIN);
	struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = SA_RESTART}, old;
	sigaction(SIGALRM, &sa, &old);
	ualarm(30000, 30000);
	FAILS(put(1, "1", 0), EINTR);
	FAILS(msgrcv(msg, &m, 64, 9, 0), EINTR);
	ualarm(0, 0);
	sigaction(SIGALRM, &old, NULL);
	pid_t pid = fork();
	if (pid == 0)
		_exit(put(9, "late", 0) != 0);
	usleep(50000);
	OK(msgrcv(msg, &m, 64, 1, 0) == 50);
	OK(msgrcv(msg, &m, 64, 9, 0) == 4 && memcmp(m.text, "late", 4) == 0);
	int status;
	OK(waitpid(pid, &status, 0) == pid && status == 0);
	if (getuid() == 0)
		OK(child(as_nobody_msg) == 0);
	else
		SKIP(child(as_nobody_msg) == 0, "not root");
	struct msginfo info;
	memset(&info, 0xa5, sizeof(info));
	OK(msgctl(0, IPC_INFO, (void *)&info) >= 0);
	OK(info.msgmax >= 2048 && info.msgmnb >= 2048 && info.msgmni > 0);
	int last;
	OK((last = msgctl(0, MSG_INFO, (void *)&info)) >= 0 && info.msgpool >= 1 && info.msgmap >= 1);
	int seen = 0;
	for (int i = 0; i <= last; i++) {
		seen += msgctl(i, MSG_STAT, &ds) == msg && ds.msg_qnum == 1;
		seen += msgctl(i, MSG_STAT_ANY, &ds) == msg && ds.msg_qnum == 1;
	}
	OK(seen == 2);
	pid = fork();
	if (pid == 0)
		_exit(msgrcv(msg, &m, 64, 9, 0) == -1 && errno == EIDRM ? 0 : 1);
	usleep(100000);
	OK(msgctl(msg, IPC_RMID, NULL) == 0);
	OK(waitpid(pid, &status, 0) == pid && status == 0);
	FAILS(msgctl(msg, IPC_STAT, &ds), EINVAL);
	FAILS(put(1, "x", 0), EINVAL);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "attached") == 0) {
		struct shmid_ds ds;
		int id = shmget(0x4c520000 ^ (getppid() << 8 & 0xffff00), 0, 0);
		return id >= 0 && shmctl(id, IPC_STAT, &ds) == 0 && ds.shm_nattch == 2 ? 0 : 1;
	}
	alarm(60);
	atexit(cleanup);
	semaphores();
	segments();
	queues();
	return tap_end();
}

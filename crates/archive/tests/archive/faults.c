/* Stands between a program and the C library and lets one call on the files below a directory fail. Loaded by tests with
 * LD_PRELOAD.
 *
 *   FAULT_DIR   directory, absolute: calls on other files are not looked at
 *   FAULT_KIND  what is done at the call
 *                 enospc   writes, from the call on: no space left
 *                 eio      writes, from the call on: I/O error
 *                 short    the write takes half of its bytes, those after it fail for want of space
 *                 fsync    the sync fails and what was not synced before is gone, as with a disk that lost it
 *                 read     the read fails
 *                 cut      power fails before the call (a write or a sync): what was not synced is gone
 *   FAULT_AT    which call of that kind, from 1
 *   FAULT_MARK  file that is made when the call has come
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum kind { NONE, ENOSPC_, EIO_, SHORT_, FSYNC_, READ_, CUT_ };
enum { FILES = 4096 };

static struct { dev_t dev; ino_t ino; off_t synced; char path[512]; } files[FILES];
static int known;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum kind kind = NONE;
static long at, calls;
static const char *directory, *mark;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void)
{
    static const char *const names[] = { "", "enospc", "eio", "short", "fsync", "read", "cut" };
    const char *chosen = getenv("FAULT_KIND"), *count = getenv("FAULT_AT");
    directory = getenv("FAULT_DIR");
    mark = getenv("FAULT_MARK");
    if (!chosen || !count || !directory || !mark) return;
    at = atol(count);
    for (int i = 1; i <= CUT_; i++)
        if (!strcmp(chosen, names[i])) kind = (enum kind)i;
}

/* The path of an open file, if it is below the directory. */
static int ours(int fd, char *path, size_t size)
{
    char link[64];
    if (kind == NONE) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, size - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return !strncmp(path, directory, strlen(directory));
}

/* The entry of a file; a new one counts as synced as far as it is long now. */
static int entry(int fd, const char *path)
{
    struct stat found;
    if (fstat(fd, &found) || !S_ISREG(found.st_mode)) return -1;
    for (int i = 0; i < known; i++)
        if (files[i].ino == found.st_ino && files[i].dev == found.st_dev) {
            snprintf(files[i].path, sizeof files[i].path, "%s", path);
            return i;
        }
    if (known == FILES) abort();
    files[known].dev = found.st_dev;
    files[known].ino = found.st_ino;
    files[known].synced = found.st_size;
    snprintf(files[known].path, sizeof files[known].path, "%s", path);
    return known++;
}

static void leave_mark(void)
{
    int (*open_)(const char *, int, ...) = real("open");
    int fd = open_(mark, O_CREAT | O_WRONLY, 0600);
    if (fd >= 0) close(fd);
}

/* What was not synced is gone, and so is the process. */
static void power_fails(void)
{
    leave_mark();
    for (int i = 0; i < known; i++) {
        struct stat found;
        if (!stat(files[i].path, &found) && found.st_ino == files[i].ino && found.st_size > files[i].synced)
            if (truncate(files[i].path, files[i].synced)) abort();
    }
    _exit(77);
}

/* Counts a call of the kinds given. 1: this is the one. 2: it has come before. */
static int counted(int kinds)
{
    if (!(kinds & (1 << kind))) return 0;
    calls++;
    if (calls == at) { leave_mark(); return 1; }
    return calls > at ? 2 : 0;
}

#define WRITES (1 << ENOSPC_ | 1 << EIO_ | 1 << SHORT_ | 1 << CUT_)

static ssize_t on_write(int fd, const void *data, size_t length, off_t offset, int positioned)
{
    ssize_t (*write_)(int, const void *, size_t) = real("write");
    ssize_t (*pwrite_)(int, const void *, size_t, off_t) = real("pwrite64");
    char path[PATH_MAX];
    if (ours(fd, path, sizeof path)) {
        pthread_mutex_lock(&lock);
        entry(fd, path);
        int now = counted(WRITES);
        if (now && kind == CUT_) power_fails();
        pthread_mutex_unlock(&lock);
        if (now == 1 && kind == SHORT_ && length > 1) length /= 2;
        else if (now) { errno = kind == EIO_ ? EIO : ENOSPC; return -1; }
    }
    return positioned ? pwrite_(fd, data, length, offset) : write_(fd, data, length);
}

ssize_t write(int fd, const void *data, size_t length) { return on_write(fd, data, length, 0, 0); }
ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return on_write(fd, data, length, offset, 1); }
ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset) { return on_write(fd, data, length, offset, 1); }

static int on_sync(int fd, const char *name)
{
    int (*sync_)(int) = real(name);
    char path[PATH_MAX];
    if (!ours(fd, path, sizeof path)) return sync_(fd);
    pthread_mutex_lock(&lock);
    int place = entry(fd, path);
    int now = counted(1 << FSYNC_ | 1 << CUT_);
    if (now && kind == CUT_) power_fails();
    if (now == 1 && place >= 0) {
        /* Pages that could not be written are dropped, and the next sync knows nothing of them. */
        if (ftruncate(fd, files[place].synced)) abort();
    } else if (!now && place >= 0) {
        struct stat found;
        if (!fstat(fd, &found)) files[place].synced = found.st_size;
    }
    pthread_mutex_unlock(&lock);
    if (now == 1) { errno = EIO; return -1; }
    return sync_(fd);
}

int fsync(int fd) { return on_sync(fd, "fsync"); }
int fdatasync(int fd) { return on_sync(fd, "fdatasync"); }

static ssize_t on_read(int fd, void *data, size_t length, off_t offset, int positioned)
{
    ssize_t (*read_)(int, void *, size_t) = real("read");
    ssize_t (*pread_)(int, void *, size_t, off_t) = real("pread64");
    char path[PATH_MAX];
    if (kind == READ_ && ours(fd, path, sizeof path)) {
        pthread_mutex_lock(&lock);
        int now = counted(1 << READ_);
        pthread_mutex_unlock(&lock);
        if (now == 1) { errno = EIO; return -1; }
    }
    return positioned ? pread_(fd, data, length, offset) : read_(fd, data, length);
}

ssize_t read(int fd, void *data, size_t length) { return on_read(fd, data, length, 0, 0); }
ssize_t pread(int fd, void *data, size_t length, off_t offset) { return on_read(fd, data, length, offset, 1); }
ssize_t pread64(int fd, void *data, size_t length, off_t offset) { return on_read(fd, data, length, offset, 1); }

/* A file that is opened is known from then on: a new one as empty, whatever is written before the first sync. */
static int opened(int fd)
{
    char path[PATH_MAX];
    int before = errno;
    if (fd >= 0 && ours(fd, path, sizeof path)) {
        pthread_mutex_lock(&lock);
        entry(fd, path);
        pthread_mutex_unlock(&lock);
    }
    errno = before;
    return fd;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        int (*open_)(const char *, int, ...) = real(#name); \
        va_list rest; \
        va_start(rest, flags); \
        int mode = va_arg(rest, int); \
        va_end(rest); \
        return opened(open_(path, flags, mode)); \
    }
OPEN(open)
OPEN(open64)

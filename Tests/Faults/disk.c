// A disk without room for the processes that load this, while the byte in the file named by FULL_DISK is not 0: whatever they
// write to a file fails with ENOSPC. Pipes, sockets, terminals and what is mapped are left as they are.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const volatile char *full;

__attribute__((constructor)) static void find_disk(void) {
    const char *path = getenv("FULL_DISK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *place = mmap(NULL, 1, PROT_READ, MAP_SHARED, file, 0);
    if (place != MAP_FAILED) full = place;
    close(file);
}

static int lacks_room(int file) {
    struct stat facts;
    if (!full || !*full || fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode)) return 0;
    errno = ENOSPC;
    return 1;
}

ssize_t write(int file, const void *bytes, size_t count) {
    return lacks_room(file) ? -1 : syscall(SYS_write, file, bytes, count);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    return lacks_room(file) ? -1 : syscall(SYS_writev, file, parts, count);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t place) {
    return lacks_room(file) ? -1 : syscall(SYS_pwrite64, file, bytes, count, place);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t place) {
    return lacks_room(file) ? -1 : syscall(SYS_pwrite64, file, bytes, count, place);
}

int posix_fallocate(int file, off_t place, off_t length) {
    if (lacks_room(file)) return ENOSPC;
    return syscall(SYS_fallocate, file, 0, place, length) == 0 ? 0 : errno;
}

#ifndef ROLLCALL_CPLATFORM_SHIM_H
#define ROLLCALL_CPLATFORM_SHIM_H

#include <fcntl.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/// prctl is variadic, which Swift cannot call; `man 2 prctl`, PR_SET_DUMPABLE.
static inline int rollcall_forbid_dumps(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/// Names the calling thread, in at most 15 bytes; `man 2 prctl`, PR_SET_NAME.
static inline int rollcall_name_thread(const char *name) {
    return prctl(PR_SET_NAME, name, 0, 0, 0);
}

/// glibc shows renameat2 only to _GNU_SOURCE, which Swift's view of it lacks; `man 2 rename`, RENAME_NOREPLACE (1).
static inline int rollcall_rename_without_replacing(const char *from, const char *to) {
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 1u);
}

/// sys/eventfd.h is no part of Swift's view of glibc; `man 2 eventfd`.
static inline int rollcall_event_descriptor(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

/// Takes a lease for reading a file and gives it back (`man 2 fcntl`, F_SETLEASE, 1024). Where somebody on this machine
/// has the file open for writing that fails with EAGAIN; on network file systems, and for files of other users, with
/// something else. A writer that comes meanwhile waits, and is told of by SIGURG (23), which nobody dies of (F_SETSIG,
/// 10).
static inline int rollcall_try_reading_lease(int descriptor) {
    fcntl(descriptor, 10, 23);
    if (fcntl(descriptor, 1024, F_RDLCK) != 0) return -1;
    return fcntl(descriptor, 1024, F_UNLCK);
}

/// `man 2 eventfd`, eventfd_write.
static inline int rollcall_give_event(int descriptor) {
    return eventfd_write(descriptor, 1);
}

/// The size of a terminal in columns and rows; -1 where the descriptor is none, or its terminal does not say. ioctl is
/// variadic; `man 2 ioctl_tty`, TIOCGWINSZ.
static inline int rollcall_terminal_size(int descriptor, int *columns, int *rows) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return -1;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return 0;
}

/// What tells a file from a copy of it that took its place, name and inode number: its number and its birth in
/// nanoseconds since 1970 UTC, 0 where the file system keeps none. glibc shows statx only to _GNU_SOURCE, which Swift's
/// view of it lacks; `man 2 statx`, AT_EMPTY_PATH (0x1000).
static inline int rollcall_file_identity(int descriptor, unsigned long long *number, long long *birth) {
    struct statx facts;
    memset(&facts, 0, sizeof facts);
    if (syscall(SYS_statx, descriptor, "", 0x1000, STATX_INO | STATX_BTIME, &facts) != 0) return -1;
    *number = facts.stx_ino;
    *birth = facts.stx_mask & STATX_BTIME ? facts.stx_btime.tv_sec * 1000000000LL + facts.stx_btime.tv_nsec : 0;
    return 0;
}

#endif

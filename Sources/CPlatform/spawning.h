#ifndef ROLLCALL_CPLATFORM_SPAWNING_H
#define ROLLCALL_CPLATFORM_SPAWNING_H

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>

// glibc shows these only to _GNU_SOURCE, which Swift's view of it lacks.
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

/// `man 3 posix_spawn_file_actions_addchdir_np`.
static inline int rollcall_spawn_in(posix_spawn_file_actions_t *actions, const char *folder) {
    return posix_spawn_file_actions_addchdir_np(actions, folder);
}

/// `man 3 posix_spawn_file_actions_addclosefrom_np`.
static inline int rollcall_spawn_without(posix_spawn_file_actions_t *actions, int first_descriptor) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first_descriptor);
}

/// `man 2 pipe`, O_CLOEXEC from the start, so that no other child can inherit an end.
static inline int rollcall_pipe(int ends[2]) {
    return (int)syscall(SYS_pipe2, ends, O_CLOEXEC);
}

#endif
